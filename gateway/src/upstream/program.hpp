// Program: what is to be executed, prepared so that nothing allocates between fork and
// exec, where only async-signal-safe calls are allowed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <larder/error.hpp>
#include <larder/gateway/upstream.hpp>

namespace larder::gateway {

struct Program {
  std::string path;  // absolute or relative, but a path
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string cwd;
  std::vector<char*> argv;  // into args, null at the end
  std::vector<char*> envp;  // into env
};

// What went wrong after fork; written by the child as it is.
struct StartFailure {
  enum class Step : int { chdir, exec };
  Step step = Step::exec;
  int error = 0;
};

// Finds the command on PATH and makes the environment: a few harmless variables of ours,
// then the configured ones. Errc::invalid_argument naming what cannot be used.
[[nodiscard]] Result<std::unique_ptr<const Program>> prepare_program(
    const StdioUpstreamOptions& options);

struct ChildEnds {
  int in = -1;
  int out = -1;
  int err = -1;
  int report = -1;  // takes a StartFailure; closed by a successful exec
};

// In the child after fork: becomes the program, as the leader of a new process group, and
// dies with `parent`. Never returns.
[[noreturn]] void become(const Program& program, const ChildEnds& ends, int parent) noexcept;

}  // namespace larder::gateway
