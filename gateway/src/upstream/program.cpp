#include "upstream/program.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace larder::gateway {
namespace {

// Enough to find programs, a home and a language. Nothing else of the gateway's
// environment, which may hold credentials, reaches a server.
constexpr std::array<const char*, 13> kInherited = {
    "PATH", "HOME", "USER",   "LOGNAME", "SHELL", "LANG",           "LC_ALL",
    "TERM", "TZ",   "TMPDIR", "TMP",     "TEMP",  "XDG_RUNTIME_DIR"};

constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";

bool is_program(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::string find_on_path(const std::string& command, std::string_view path) {
  if (command.find('/') != std::string::npos) {
    return command;
  }
  while (!path.empty()) {
    const std::string_view folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), folder.size() + 1));
    std::string candidate = std::string(folder.empty() ? "." : folder) + "/" + command;
    if (is_program(candidate)) {
      return candidate;
    }
  }
  return {};
}

// The last one of a name wins, as in a shell's `env`.
void set_variable(std::vector<std::string>& env, std::string_view name, std::string_view value) {
  const std::string start = std::string(name) + "=";
  std::erase_if(env, [&start](const std::string& entry) { return entry.starts_with(start); });
  env.push_back(start + std::string(value));
}

std::string_view variable(const std::vector<std::string>& env, std::string_view name) {
  for (const std::string_view entry : env) {
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) {
    list.push_back(text.data());
  }
  list.push_back(nullptr);
  return list;
}

Result<std::vector<std::string>> make_environment(const StdioUpstreamOptions& options) {
  std::vector<std::string> env;
  for (const char* name : kInherited) {
    if (const char* value = std::getenv(name)) {
      set_variable(env, name, value);
    }
  }
  for (const auto& [name, value] : options.env) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) ||
        has_nul(value.reveal())) {
      return fail(Errc::invalid_argument, "env: '" + name + "' cannot be set");
    }
    set_variable(env, name, value.reveal());
  }
  return env;
}

void default_signals() noexcept {
  for (int signal = 1; signal < NSIG; ++signal) {
    ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void give_up(int report, StartFailure::Step step) noexcept {
  const StartFailure failure{.step = step, .error = errno};
  // Nobody is left to tell when this fails too.
  [[maybe_unused]] const auto written = ::write(report, &failure, sizeof(failure));
  ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<const Program>> prepare_program(const StdioUpstreamOptions& options) {
  auto program = std::make_unique<Program>();
  auto env = make_environment(options);
  if (!env) {
    return std::unexpected(std::move(env).error());
  }
  program->env = std::move(*env);
  const std::string_view path = variable(program->env, "PATH");
  program->path = find_on_path(options.command, path.empty() ? kUsualPath : path);
  if (program->path.empty()) {
    return fail(Errc::invalid_argument, "command: '" + options.command + "' is not on PATH");
  }
  program->args.push_back(options.command);
  program->args.insert(program->args.end(), options.args.begin(), options.args.end());
  if (std::ranges::any_of(program->args, has_nul) || has_nul(options.cwd)) {
    return fail(Errc::invalid_argument, "args: a NUL byte cannot be passed to a program");
  }
  program->cwd = options.cwd;
  program->argv = pointers(program->args);
  program->envp = pointers(program->env);
  return program;
}

void become(const Program& program, const ChildEnds& ends, int parent) noexcept {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(127);  // it died before the line above
  }
  default_signals();
  ::dup2(ends.in, STDIN_FILENO);
  ::dup2(ends.out, STDOUT_FILENO);
  ::dup2(ends.err, STDERR_FILENO);
  // Files that a library opened without O_CLOEXEC are none of the server's business.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (!program.cwd.empty() && ::chdir(program.cwd.c_str()) != 0) {
    give_up(ends.report, StartFailure::Step::chdir);
  }
  ::execve(program.path.c_str(), program.argv.data(), program.envp.data());
  give_up(ends.report, StartFailure::Step::exec);
}

}  // namespace larder::gateway
