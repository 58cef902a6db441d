#include "upstream/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/runtime/deadline.hpp>

#include "upstream/program.hpp"

namespace larder::gateway {
namespace {

namespace asio = boost::asio;

// Both ends of a pipe, closed by this object unless taken.
class PipeEnds {
 public:
  PipeEnds() noexcept {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      read_ = above_stdio(ends[0]);
      write_ = above_stdio(ends[1]);
    }
  }
  ~PipeEnds() {
    close_one(read_);
    close_one(write_);
  }
  PipeEnds(const PipeEnds&) = delete;
  PipeEnds& operator=(const PipeEnds&) = delete;

  bool valid() const noexcept { return read_ >= 0 && write_ >= 0; }
  int read() const noexcept { return read_; }
  int write() const noexcept { return write_; }
  int take_read() noexcept { return std::exchange(read_, -1); }
  int take_write() noexcept { return std::exchange(write_, -1); }

 private:
  // A program started without stdio gets pipes in the places where the child's stdio goes.
  static int above_stdio(int file) noexcept {
    if (file > STDERR_FILENO) {
      return file;
    }
    const int moved = ::fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ::close(file);
    return moved;
  }
  static void close_one(int file) noexcept {
    if (file >= 0) {
      ::close(file);
    }
  }

  int read_ = -1;
  int write_ = -1;
};

// A server that is gone must not end the gateway when it is written to. Asio masks SIGPIPE
// for sockets only; a blocked one that stays pending does nothing.
void block_sigpipe() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Error system_error(const char* doing, int error) {
  return Error(Errc::unavailable, fmt::format("{}: {}", doing, std::strerror(error)));
}

Error start_error(const StdioUpstreamOptions& options, const StartFailure& failure) {
  if (failure.step == StartFailure::Step::chdir) {
    return Error(Errc::invalid_argument,
                 fmt::format("cwd: {}: {}", options.cwd, std::strerror(failure.error)));
  }
  return Error(Errc::invalid_argument,
               fmt::format("command: {}: {}", options.command, std::strerror(failure.error)));
}

}  // namespace

struct ChildProcess::Ends {
  PipeEnds in;
  PipeEnds out;
  PipeEnds err;
  PipeEnds report;
  PipeEnds lifeline;

  bool valid() const noexcept {
    return in.valid() && out.valid() && err.valid() && report.valid() && lifeline.valid();
  }
};

ChildProcess::ChildProcess(const asio::any_io_executor& executor, pid_t pid, Ends& ours)
    : pid_(pid),
      in_(executor, ours.in.take_write()),
      out_(executor, ours.out.take_read()),
      err_(executor, ours.err.take_read()),
      lifeline_(executor, ours.lifeline.take_write()),
      pidfd_(executor) {}

ChildProcess::~ChildProcess() { reap(); }

awaitable<Result<std::unique_ptr<ChildProcess>>> ChildProcess::start(StdioUpstreamOptions options) {
  const auto program = prepare_program(options);
  if (!program) {
    co_return std::unexpected(program.error());
  }
  const auto executor = co_await asio::this_coro::executor;
  auto ends = std::make_unique<Ends>();
  if (!ends->valid()) {
    co_return std::unexpected(system_error("making pipes", errno));
  }
  block_sigpipe();
  const ChildEnds theirs{.in = ends->in.read(),
                         .out = ends->out.write(),
                         .err = ends->err.write(),
                         .report = ends->report.write()};
  const pid_t self = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    co_return std::unexpected(system_error("fork", errno));
  }
  if (pid == 0) {
    become(**program, theirs, self);
  }
  ::setpgid(pid, pid);  // also here, so that the group exists before we may kill it
  auto child = std::unique_ptr<ChildProcess>(new ChildProcess(executor, pid, *ends));
  // Not glibc's pidfd_open(): its header in Debian 12 lacks extern "C".
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    co_return std::unexpected(system_error("pidfd_open", errno));
  }
  child->pidfd_.assign(pidfd);
  child->start_watcher(ends->lifeline.read());

  Pipe report(executor, ends->report.take_read());
  ends.reset();  // the child's ends, of which a copy here would hide that it is gone
  StartFailure failure;
  const auto [error, bytes] = co_await report.async_read_some(
      asio::buffer(&failure, sizeof(failure)), asio::as_tuple(asio::use_awaitable));
  if (error == asio::error::operation_aborted) {
    co_return fail(Errc::cancelled, "starting the process");
  }
  if (bytes == sizeof(failure)) {
    co_return std::unexpected(start_error(options, failure));
  }
  co_return std::move(child);
}

void ChildProcess::start_watcher(int lifeline) {
  const std::string script = fmt::format("read -r line; kill -9 -{0}", pid_);
  std::array<const char*, 4> argv = {"sh", "-c", script.c_str(), nullptr};
  std::array<const char*, 1> envp = {nullptr};
  const int null_device = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  watcher_ = ::fork();
  if (watcher_ == 0) {
    ::setpgid(0, 0);  // out of the reach of a Ctrl-C that the gateway handles in peace
    ::dup2(lifeline, STDIN_FILENO);
    ::dup2(null_device, STDOUT_FILENO);
    ::dup2(null_device, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    ::execve("/bin/sh", const_cast<char* const*>(argv.data()),
             const_cast<char* const*>(envp.data()));
    ::_exit(127);  // without a shell, the parent-death signal is the only guard
  }
  if (null_device >= 0) {
    ::close(null_device);
  }
}

awaitable<void> ChildProcess::ended() {
  if (!reaped_) {
    co_await pidfd_.async_wait(Pipe::wait_read, asio::use_awaitable);
    reap();
  }
}

awaitable<bool> ChildProcess::ends_by(Clock& clock, Deadline deadline) {
  static constexpr auto wait = [](ChildProcess& self) -> awaitable<bool> {
    co_await self.ended();
    co_return true;
  };
  co_return (co_await race_deadline(clock, deadline, wait(*this))).has_value();
}

awaitable<void> ChildProcess::end(Clock& clock, milliseconds patience) {
  boost::system::error_code ignored;
  in_.close(ignored);
  if (co_await ends_by(clock, clock.in(patience))) {
    co_return;
  }
  ::kill(-pid_, SIGTERM);
  if (co_await ends_by(clock, clock.in(patience))) {
    co_return;
  }
  reap();
}

// While the leader is not waited for, its id cannot be taken by another group, so the
// group is killed first.
void ChildProcess::reap() noexcept {
  if (reaped_) {
    return;
  }
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  if (watcher_ > 0) {
    ::kill(watcher_, SIGKILL);
    while (::waitpid(watcher_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::string ChildProcess::state_text() const {
  if (!reaped_) {
    return "runs";
  }
  if (WIFSIGNALED(status_)) {
    return fmt::format("was killed by signal {}", WTERMSIG(status_));
  }
  return fmt::format("exited with {}", WEXITSTATUS(status_));
}

}  // namespace larder::gateway
