// StoreProcess: a store server in a process of its own, to be killed and frozen by tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <larder/clock.hpp>
#include <larder/testkit/child_process.hpp>

namespace larder::testkit {

// Runs a program whose main() ends in serve_until_input_ends(). One thread at a time; calls
// block for as long as a process takes to start. Throws std::runtime_error where the
// program cannot be run, since no test can go on then.
class StoreProcess {
 public:
  // `arguments` follow the port, which is the program's first argument.
  StoreProcess(std::string program, std::vector<std::string> arguments);

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
  void tell(const std::string& order);

  std::string program_;
  std::vector<std::string> arguments_;
  std::uint16_t port_ = 0;
  std::optional<ChildProcess> child_;
  bool frozen_ = false;
  milliseconds owed_{0};  // what advance() could not tell it yet
};

}  // namespace larder::testkit
