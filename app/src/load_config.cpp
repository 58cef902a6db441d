#include "load_config.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace larder::app {
namespace {

std::optional<std::string> environment(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

std::expected<gateway::Config, std::string> load_config(const std::string& path) {
  std::string text;
  if (!path.empty()) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      return std::unexpected(path + ": cannot be read\n");
    }
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  auto config = gateway::parse_config(text, environment);
  if (config) {
    return *std::move(config);
  }
  std::string lines;
  for (const gateway::ConfigProblem& problem : config.error()) {
    lines.append(path.empty() ? "" : path + ": ").append(problem.text()).append("\n");
  }
  return std::unexpected(std::move(lines));
}

}  // namespace larder::app
