// BackendRegistry: the store types a program was built with, by name.
//
// Backends are registered by an explicit call from main, never by a static initialiser:
//
//   BackendRegistry registry;
//   register_memory(registry, memory_options);
//   auto backend = co_await registry.open("memory", context);
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <larder/backend.hpp>
#include <larder/log.hpp>

namespace larder {

// What every backend is given. The references outlive the backend.
struct BackendContext {
  Clock& clock;
  LogSink& log;
  // In front of every name the store keeps for us, so that deployments can share one
  // store. 1 to 64 of [a-zA-Z0-9_.-].
  std::string prefix = "larder";
};

using BackendFactory =
    std::function<awaitable<Result<std::unique_ptr<CacheBackend>>>(const BackendContext&)>;

class BackendRegistry {
 public:
  // A second registration under one name is a bug in the program and aborts.
  void add(std::string type, BackendFactory factory);

  // Names in alphabetical order.
  [[nodiscard]] std::vector<std::string> types() const;

  // Errc::unsupported for a type that is not registered, naming those that are.
  [[nodiscard]] awaitable<Result<std::unique_ptr<CacheBackend>>> open(
      std::string_view type, const BackendContext& context) const;

 private:
  std::map<std::string, BackendFactory, std::less<>> factories_;
};

}  // namespace larder
