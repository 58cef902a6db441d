// StoreProcess: a store server in a process of its own, to be killed and frozen by tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <larder/clock.hpp>

namespace larder::testkit {

// Runs a program whose main() ends in serve_until_input_ends(). One thread at a time; calls
// block for as long as a process takes to start. Throws std::runtime_error where the
// program cannot be run, since no test can go on then.
class StoreProcess {
 public:
  // `arguments` follow the port, which is the program's first argument.
  StoreProcess(std::string program, std::vector<std::string> arguments);
  ~StoreProcess();
  StoreProcess(const StoreProcess&) = delete;
  StoreProcess& operator=(const StoreProcess&) = delete;

  // Where it listens; the same after a restart.
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  // SIGKILL: connections break, data is lost.
  void kill();
  // After kill(), or instead of it: an empty store on the same port.
  void restart();
  void restart(std::vector<std::string> arguments);
  // SIGSTOP: connections stay, nothing answers, until thaw().
  void freeze();
  void thaw();
  // An empty store at once, in the same process; starts and thaws it where need be. Connections
  // break. What a new test wants of a process that tests share.
  void make_fresh();
  // Moves the clock of a program that has a FakeClock; of a frozen one when it is thawed.
  void advance(milliseconds span);

 private:
  void spawn();
  void tell(std::string order);
  std::string read_line() const;

  std::string program_;
  std::vector<std::string> arguments_;
  std::uint16_t port_ = 0;
  int pid_ = -1;
  int input_ = -1;   // the write end of its standard input
  int output_ = -1;  // the read end of its standard output
  bool frozen_ = false;
  milliseconds owed_{0};  // what advance() could not tell it yet
};

}  // namespace larder::testkit
