#include "verb_use.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace larder::redis {
namespace {

constexpr std::string_view kSubscribe = "SUBSCRIBE";

constexpr std::array<std::string_view, 17> kUnfit{
    "HELLO", "AUTH",  "SELECT", "READONLY", "READWRITE", "ASKING",  "RESET", "QUIT",    "MONITOR",
    "SYNC",  "PSYNC", "MULTI",  "EXEC",     "DISCARD",   "UNWATCH", "WATCH", "SHUTDOWN"};

bool equal(std::string_view text, std::string_view word) noexcept {
  return text.size() == word.size() && std::ranges::equal(text, word, [](char a, char b) {
           return a == b || (a >= 'a' && a <= 'z' && a - 'a' + 'A' == b);
         });
}

bool is_subscription(std::string_view verb) noexcept {
  return verb.size() >= kSubscribe.size() &&
         equal(verb.substr(verb.size() - kSubscribe.size()), kSubscribe);
}

}  // namespace

VerbUse verb_use(std::span<const Arg> arguments) noexcept {
  const std::string_view verb = arguments.front().text();
  const bool is_unfit =
      std::ranges::any_of(kUnfit, [verb](std::string_view word) { return equal(verb, word); });
  const bool is_client_reply =
      arguments.size() > 1 && equal(verb, "CLIENT") && equal(arguments[1].text(), "REPLY");
  if (is_unfit || is_client_reply) {
    return VerbUse::unfit;
  }
  return is_subscription(verb) ? VerbUse::pushes : VerbUse::one_reply;
}

}  // namespace larder::redis
