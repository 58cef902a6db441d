#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "commands.hpp"

int main(int argc, char** argv) {
  CLI::App app("larder: a caching gateway for MCP servers");
  app.set_version_flag("--version", LARDER_VERSION);
  // Not one at least: CLI11 would say that before it names a word it does not know.
  app.require_subcommand(0, 1);
  app.failure_message(CLI::FailureMessage::help);
  app.footer(
      "Environment, which wins over the file:\n"
      "  CACHE_TYPE    where results are kept: memory, none\n"
      "  CACHE_PREFIX  in front of every name in a shared store\n"
      "  HOST, PORT    where to listen (127.0.0.1, 4444)");
  std::string config;

  auto* serve = app.add_subcommand("serve", "Run the gateway until SIGTERM or SIGINT");
  serve->add_option("--config", config, "JSON file; without it there are no upstreams");
  auto* check = app.add_subcommand("check", "Validate a configuration and say what it means");
  check->add_option("--config", config, "JSON file")->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (serve->parsed()) {
    return larder::app::serve(config);
  }
  if (check->parsed()) {
    return larder::app::check(config);
  }
  std::cerr << app.help();
  return 2;
}
