#include <larder/testkit/store_process.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX has no header for it

namespace larder::testkit {
namespace {

using Pipe = std::array<int, 2>;

Pipe make_pipe() {
  Pipe ends{};
  // Not for other children: a store ends when the last write end of its input is closed.
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe for a store process");
  }
  return ends;
}

void close_end(int& end) {
  if (end >= 0) {
    ::close(end);
    end = -1;
  }
}

void wait_for(pid_t pid, int options) {
  int status = 0;
  while (::waitpid(pid, &status, options) < 0 && errno == EINTR) {
  }
}

}  // namespace

StoreProcess::StoreProcess(std::string program, std::vector<std::string> arguments)
    : program_(std::move(program)), arguments_(std::move(arguments)) {
  spawn();
}

StoreProcess::~StoreProcess() { kill(); }

void StoreProcess::spawn() {
  std::vector<std::string> words{program_, std::to_string(port_)};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  const int failed =
      ::posix_spawn(&pid_, program_.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close_end(input[0]);
  close_end(output[1]);
  input_ = input[1];
  output_ = output[0];
  if (failed != 0) {
    pid_ = -1;
    throw std::runtime_error("cannot run " + program_);
  }
  const std::string line = read_line();
  if (line.empty()) {
    kill();
    throw std::runtime_error(program_ + " did not say its port");
  }
  port_ = static_cast<std::uint16_t>(std::stoi(line));
}

std::string StoreProcess::read_line() const {
  std::string line;
  char letter = 0;
  while (::read(output_, &letter, 1) == 1 && letter != '\n') {
    line.push_back(letter);
  }
  return line;
}

void StoreProcess::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait_for(pid_, 0);
    pid_ = -1;
  }
  close_end(input_);
  close_end(output_);
  frozen_ = false;
  owed_ = milliseconds(0);
}

void StoreProcess::restart() {
  kill();
  spawn();
}

void StoreProcess::restart(std::vector<std::string> arguments) {
  arguments_ = std::move(arguments);
  restart();
}

void StoreProcess::freeze() {
  ::kill(pid_, SIGSTOP);
  wait_for(pid_, WUNTRACED);
  frozen_ = true;
}

void StoreProcess::thaw() {
  ::kill(pid_, SIGCONT);
  frozen_ = false;
  advance(std::exchange(owed_, milliseconds(0)));
}

void StoreProcess::advance(milliseconds span) {
  if (frozen_) {
    owed_ += span;
  } else {
    tell("advance " + std::to_string(span.count()));
  }
}

void StoreProcess::make_fresh() {
  if (pid_ < 0) {
    spawn();
    return;
  }
  if (frozen_) {
    thaw();
  }
  tell("fresh");
}

void StoreProcess::tell(std::string order) {
  if (pid_ < 0) {
    return;
  }
  order += '\n';
  // It says its port again when it has obeyed.
  if (::write(input_, order.data(), order.size()) != static_cast<ssize_t>(order.size()) ||
      read_line() != std::to_string(port_)) {
    throw std::runtime_error(program_ + " does not obey");
  }
}

}  // namespace larder::testkit
