#include <larder/key.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace larder {
namespace {

bool is_namespace_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

Result<void> check(std::string_view name_space, std::string_view id) {
  if (name_space.empty() || name_space.size() > Key::kNamespaceBytesMax ||
      !std::ranges::all_of(name_space, is_namespace_character)) {
    return fail(Errc::invalid_argument, "key namespace: expected 1 to 64 of [a-z0-9_.-]");
  }
  if (id.empty() || id.size() > Key::kIdBytesMax) {
    return fail(Errc::invalid_argument,
                "key id: expected 1 to 1024 bytes, got " + std::to_string(id.size()));
  }
  return {};
}

}  // namespace

Result<Key> Key::make(std::string_view name_space, std::string_view id) {
  if (auto valid = check(name_space, id); !valid) {
    return std::unexpected(valid.error());
  }
  std::string text;
  text.reserve(name_space.size() + 1 + id.size());
  text.append(name_space).push_back(':');
  text.append(id);
  return Key(std::move(text), name_space.size());
}

Key Key::literal(std::string_view name_space, std::string_view id) {
  auto key = make(name_space, id);
  if (!key) {
    std::fprintf(stderr, "larder: Key::literal: %s\n", key.error().message().c_str());
    std::abort();
  }
  return *std::move(key);
}

Result<Key> Key::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    return fail(Errc::corrupt, "key text: no namespace");
  }
  auto key = make(text.substr(0, colon), text.substr(colon + 1));
  if (!key) {
    return fail(Errc::corrupt, key.error().context());
  }
  return key;
}

}  // namespace larder
