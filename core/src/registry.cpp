#include <larder/registry.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace larder {

void BackendRegistry::add(std::string type, BackendFactory factory) {
  const auto [place, added] = factories_.try_emplace(std::move(type), std::move(factory));
  if (!added) {
    std::fprintf(stderr, "larder: store type %s registered twice\n", place->first.c_str());
    std::abort();
  }
}

std::vector<std::string> BackendRegistry::types() const {
  std::vector<std::string> names;
  names.reserve(factories_.size());
  for (const auto& [name, factory] : factories_) {
    names.push_back(name);
  }
  return names;
}

awaitable<Result<std::unique_ptr<CacheBackend>>> BackendRegistry::open(
    std::string_view type, const BackendContext& context) const {
  const auto place = factories_.find(type);
  if (place == factories_.end()) {
    std::string message = "store type '" + std::string(type) + "' is not built in yet; built in:";
    for (const std::string& name : types()) {
      message.append(message.ends_with(':') ? " " : ", ").append(name);
    }
    co_return fail(Errc::unsupported, std::move(message));
  }
  co_return co_await place->second(context);
}

}  // namespace larder
