#include "handshake.hpp"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <larder/redis/pipeline.hpp>
#include <larder/redis/server_error.hpp>

#include "numbers.hpp"

namespace larder::redis {
namespace {

constexpr std::int64_t kProtocol = 3;

std::string needed(std::string_view found) {
  std::string context(found);
  return context.append(": Redis ").append(Pipeline::kVersionMin).append(" or newer is needed");
}

// What the refusal of a step means for whoever configured it.
Error refused(const SessionStep& step, std::string_view text) {
  std::string name = step.arguments.front();
  if (name == "CLIENT") {
    name.append(" ").append(step.arguments[1]);
  }
  const ServerError cause = classify(text);
  if (cause == ServerError::no_protocol) {
    return {Errc::unsupported, needed("server: does not speak RESP3")};
  }
  const Error error = to_error(text).within(name);
  return cause == ServerError::other ? Error(Errc::invalid_argument, error.context()) : error;
}

struct Version {
  int major = 0;
  int minor = 0;

  friend auto operator<=>(const Version&, const Version&) = default;
};

std::optional<Version> parse_version(std::string_view text) {
  const std::string_view major = text.substr(0, text.find('.'));
  text.remove_prefix(std::min(text.size(), major.size() + 1));
  const auto first = parse_whole<int>(major);
  const auto second = parse_whole<int>(text.substr(0, text.find('.')));
  return first && second ? std::optional(Version{*first, *second}) : std::nullopt;
}

std::string text_of(const Value& map, std::string_view key) {
  const auto found = map.find(key);
  return found ? std::string(found->text()) : std::string();
}

}  // namespace

const std::vector<SessionStep>& Handshake::begin(const Session& session) {
  steps_ = session_steps(session);
  answers_ = 0;
  return steps_;
}

Result<void> Handshake::answered(const Value& reply) {
  const std::size_t index = answers_++;
  const SessionStep& step = steps_[index];
  Result<void> good;
  if (reply.is_error() && step.need == SessionStep::Need::required) {
    good = std::unexpected(refused(step, reply.text()));
  } else if (index == 0) {
    good = greeted(reply);
  }
  if (!good || answers_ == steps_.size()) {
    steps_.clear();
  }
  return good;
}

Result<void> Handshake::greeted(const Value& reply) {
  const auto protocol = reply.find("proto");
  if (!protocol || protocol->as_integer() != kProtocol) {
    return fail(Errc::protocol_error, "HELLO: the reply does not name protocol 3");
  }
  hello_ = {.version = text_of(reply, "version"),
            .mode = text_of(reply, "mode"),
            .role = text_of(reply, "role")};
  // Relatives of Redis may count in other ways: only a version that can be read is judged.
  const auto version = parse_version(hello_.version);
  if (version && *version < *parse_version(Pipeline::kVersionMin)) {
    return fail(Errc::unsupported, needed("server: version " + hello_.version));
  }
  return {};
}

}  // namespace larder::redis
