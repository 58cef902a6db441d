// ChildProcess: a server we started, with pipes to it, and the duty to leave none behind.
//
// Plain fork and exec instead of Boost.Process: that one installs a SIGCHLD handler of its
// own, and can set neither a process group nor a parent-death signal. Here the exit is
// awaited with a pidfd, so no signal handler of the program is touched.
//
// The child leads a process group, which is killed as a whole. Should the gateway die
// without closing (kill -9), the kernel kills the child (PR_SET_PDEATHSIG), and a watcher,
// a shell that reads from a pipe only the gateway holds open, kills the rest of the group:
// `npx` is not the server but its grandparent.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/gateway/upstream.hpp>

namespace larder::gateway {

class ChildProcess {
 public:
  using Pipe = boost::asio::posix::stream_descriptor;

  // Returns when the program runs. Errc::invalid_argument when there is no such command or
  // folder, unavailable when the system has no room for it.
  [[nodiscard]] static awaitable<Result<std::unique_ptr<ChildProcess>>> start(
      StdioUpstreamOptions options);

  // Kills what is left of it and waits for the kernel to confirm.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] Pipe& in() noexcept { return in_; }    // what it reads
  [[nodiscard]] Pipe& out() noexcept { return out_; }  // what it writes
  [[nodiscard]] Pipe& err() noexcept { return err_; }

  // Returns when the process has ended; the rest of its group is killed then.
  [[nodiscard]] awaitable<void> ended();

  // Asks, then insists: closes its stdin, then SIGTERM, then SIGKILL to the whole group,
  // `patience` apart. Returns when it has ended. Not beside ended().
  [[nodiscard]] awaitable<void> end(Clock& clock, milliseconds patience);

  // "exited with 3", "was killed by signal 9"; "runs" until ended() has returned.
  [[nodiscard]] std::string state_text() const;

 private:
  struct Ends;

  ChildProcess(const boost::asio::any_io_executor& executor, pid_t pid, Ends& ours);

  awaitable<bool> ends_by(Clock& clock, Deadline deadline);
  void start_watcher(int lifeline);
  void reap() noexcept;

  pid_t pid_;
  pid_t watcher_ = -1;
  Pipe in_;
  Pipe out_;
  Pipe err_;
  Pipe lifeline_;  // its end tells the watcher that we are gone
  Pipe pidfd_;
  int status_ = 0;
  bool reaped_ = false;
};

}  // namespace larder::gateway
