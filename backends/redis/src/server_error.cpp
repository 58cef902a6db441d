#include <larder/redis/server_error.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <larder/redis/store_key.hpp>

#include "numbers.hpp"

namespace larder::redis {
namespace {

constexpr std::string_view kEchoedArguments = ", with args";

std::string_view first_word(std::string_view text) noexcept {
  return text.substr(0, text.find(' '));
}

// Redis before 6 has no HELLO.
bool is_unknown_hello(std::string_view text) noexcept {
  return text.starts_with("ERR unknown command") && text.substr(0, 40).contains("HELLO");
}

constexpr std::array<std::pair<std::string_view, ServerError>, 18> kWords{{
    {"MOVED", ServerError::moved},
    {"ASK", ServerError::ask},
    {"TRYAGAIN", ServerError::try_again},
    {"CLUSTERDOWN", ServerError::cluster_down},
    {"CROSSSLOT", ServerError::cross_slot},
    {"LOADING", ServerError::loading},
    {"MASTERDOWN", ServerError::master_down},
    {"READONLY", ServerError::read_only},
    {"NOSCRIPT", ServerError::no_script},
    {"BUSY", ServerError::busy},
    {"OOM", ServerError::out_of_memory},
    {"NOREPLICAS", ServerError::no_replicas},
    {"MISCONF", ServerError::cannot_persist},
    {"NOAUTH", ServerError::denied},
    {"WRONGPASS", ServerError::denied},
    {"NOPERM", ServerError::denied},
    {"DENIED", ServerError::denied},
    {"NOPROTO", ServerError::no_protocol},
}};

std::pair<Errc, Advice> meaning(ServerError cause) noexcept {
  switch (cause) {
    case ServerError::moved:
    case ServerError::ask:
    case ServerError::try_again:
    case ServerError::cluster_down:
    case ServerError::loading:
    case ServerError::master_down:
    case ServerError::read_only:
    case ServerError::no_script:
    case ServerError::no_replicas:
    case ServerError::cannot_persist:
    case ServerError::full_of_clients:
      return {Errc::unavailable, Advice::later};
    case ServerError::busy:
      return {Errc::overloaded, Advice::later};
    case ServerError::out_of_memory:
      return {Errc::storage_full, Advice::later};
    case ServerError::denied:
      return {Errc::access_denied, Advice::never};
    case ServerError::no_protocol:
      return {Errc::unsupported, Advice::never};
    case ServerError::cross_slot:
      return {Errc::invalid_argument, Advice::never};
    case ServerError::other:
      return {Errc::protocol_error, Advice::unknown_outcome};
  }
  std::unreachable();
}

}  // namespace

ServerError classify(std::string_view text) noexcept {
  const std::string_view word = first_word(text);
  const auto* const known = std::ranges::find(kWords, word, &decltype(kWords)::value_type::first);
  if (known != kWords.end()) {
    return known->second;
  }
  if (is_unknown_hello(text)) {
    return ServerError::no_protocol;
  }
  if (text.starts_with("ERR max number of clients")) {
    return ServerError::full_of_clients;
  }
  return ServerError::other;
}

Error to_error(std::string_view text) {
  const auto [code, advice] = meaning(classify(text));
  std::string context("server: ");
  for (const char c : text.substr(0, std::min(text.find(kEchoedArguments), kServerTextMax))) {
    context.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return {code, advice, std::move(context)};
}

std::optional<Redirect> parse_redirect(std::string_view text) {
  const std::string_view word = first_word(text);
  if (word != "MOVED" && word != "ASK") {
    return std::nullopt;
  }
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  const std::string_view slot = first_word(text);
  const std::string_view address = text.substr(std::min(text.size(), slot.size() + 1));
  const auto colon = address.rfind(':');  // an IPv6 address has colons of its own
  if (colon == std::string_view::npos || address.contains(' ')) {
    return std::nullopt;
  }
  const auto number = parse_whole<std::uint16_t>(slot);
  const auto port = parse_whole<std::uint16_t>(address.substr(colon + 1));
  if (!number || *number >= kSlots || port.value_or(0) == 0) {
    return std::nullopt;
  }
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return Redirect{.slot = *number, .host = std::string(host), .port = *port};
}

}  // namespace larder::redis
