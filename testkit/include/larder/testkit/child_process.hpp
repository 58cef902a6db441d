// ChildProcess: a program that a test runs beside itself and talks to, line by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace larder::testkit {

// Its standard input and output are ours; its standard error stays that of the test. One
// thread at a time. Where the program cannot be run, has gone by itself, or says nothing for
// kPatience, a call throws std::runtime_error, since no test can go on then.
class ChildProcess {
 public:
  ChildProcess(std::string program, std::vector<std::string> arguments);
  // Kills it.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Without their line ends.
  void write_line(std::string_view line);
  [[nodiscard]] std::string read_line();

  // SIGKILL; it is gone when this returns. It cannot be talked to any more.
  void kill();
  // Waits until it has ended by itself, reading on. What main() returned, -1 after a signal.
  [[nodiscard]] int join();
  // SIGSTOP: it stands still when this returns, until thaw().
  void freeze();
  void thaw();

 private:
  // Reads on; false where it has ended.
  bool receive();
  int reap();

  std::string program_;
  int pid_ = -1;
  int socket_ = -1;     // the other end is its standard input and output
  std::string unread_;  // what it has said beyond the last line that was read
};

}  // namespace larder::testkit
