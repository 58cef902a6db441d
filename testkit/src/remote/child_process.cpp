#include <larder/testkit/child_process.hpp>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include <larder/testkit/run.hpp>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX has no header for it

namespace larder::testkit {
namespace {

int wait_for(pid_t pid, int options) {
  int status = 0;
  while (::waitpid(pid, &status, options) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

ChildProcess::ChildProcess(std::string program, std::vector<std::string> arguments)
    : program_(std::move(program)) {
  std::vector<char*> argv{program_.data()};
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  // A socket and no pipe: writing to a program that is gone is then an error, not SIGPIPE. Not
  // for other children: this one ends when the last copy of our end is closed.
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("no socket for " + program_);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  const int failed =
      ::posix_spawn(&pid_, program_.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed != 0) {
    ::close(ends[0]);
    throw std::runtime_error("cannot run " + program_);
  }
  socket_ = ends[0];
}

ChildProcess::~ChildProcess() { kill(); }

void ChildProcess::write_line(std::string_view line) {
  std::string text(line);
  text += '\n';
  if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(text.size())) {
    throw std::runtime_error(program_ + " does not listen");
  }
}

std::string ChildProcess::read_line() {
  std::size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    if (!receive()) {
      throw std::runtime_error(program_ + " has ended");
    }
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

bool ChildProcess::receive() {
  pollfd one{.fd = socket_, .events = POLLIN, .revents = 0};
  const auto patience = std::chrono::milliseconds(kPatience).count();
  int ready = 0;
  while ((ready = ::poll(&one, 1, static_cast<int>(patience))) < 0 && errno == EINTR) {
  }
  if (ready == 0) {
    throw std::runtime_error(program_ + " says nothing");
  }
  std::array<char, 4096> bytes{};
  const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
  unread_.append(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return count > 0;
}

int ChildProcess::join() {
  while (receive()) {
  }
  return reap();
}

int ChildProcess::reap() {
  const int result = wait_for(std::exchange(pid_, -1), 0);
  ::close(std::exchange(socket_, -1));
  return result;
}

void ChildProcess::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    reap();
  }
}

// To signal the process -1 would be to signal them all.
void ChildProcess::freeze() {
  if (pid_ > 0) {
    ::kill(pid_, SIGSTOP);
    wait_for(pid_, WUNTRACED);
  }
}

void ChildProcess::thaw() {
  if (pid_ > 0) {
    ::kill(pid_, SIGCONT);
  }
}

}  // namespace larder::testkit
