#include "upstream/handshake_machine.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <larder/mcp/rpc.hpp>

#include "upstream/messages.hpp"

namespace larder::gateway {
namespace {

using Json = nlohmann::json;

// A server that refuses every version it says it supports is not asked for ever.
constexpr unsigned kProbesMax = 2;

constexpr std::array<std::string_view, 4> kLegacyVersions = {"2025-11-25", "2025-06-18",
                                                             "2025-03-26", "2024-11-05"};

bool is_legacy(std::string_view version) {
  return std::ranges::find(kLegacyVersions, version) != kLegacyVersions.end();
}

HandshakeStep failed(Errc code, std::string context) {
  return HandshakeFailed{.error = Error(code, std::move(context))};
}

// Credentials, server trouble and redirects say nothing of the era, so it stays unknown.
std::optional<Error> inconclusive(unsigned status) {
  if (status == 401 || status == 403) {
    return Error(Errc::access_denied, fmt::format("the server answered {}", status));
  }
  if (status == 408 || status == 429 || status >= 500) {
    return Error(Errc::unavailable, fmt::format("the server answered {}", status));
  }
  if (status >= 300 && status < 400) {
    return Error(Errc::protocol_error,
                 fmt::format("the server answered {}; redirects are not followed", status));
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> texts(const Json& array) {
  if (!array.is_array()) {
    return std::nullopt;
  }
  std::vector<std::string> found;
  for (const Json& item : array) {
    if (item.is_string()) {
      found.push_back(item.get<std::string>());
    }
  }
  return found;
}

const Json* member(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

std::string object_text(const Json* value) {
  return value != nullptr && value->is_object() ? value->dump() : "{}";
}

ServerFacts read_facts(mcp::Era era, std::string version, const Json& result) {
  ServerFacts facts{.era = era, .version = std::move(version)};
  facts.capabilities_json = object_text(member(result, "capabilities"));
  const Json* info = member(result, "serverInfo");
  if (const Json* meta = member(result, "_meta"); era == mcp::Era::modern && meta != nullptr) {
    info = member(*meta, "io.modelcontextprotocol/serverInfo");
  }
  facts.server_info_json = object_text(info);
  if (const Json* text = member(result, "instructions"); text != nullptr && text->is_string()) {
    facts.instructions = text->get<std::string>();
  }
  return facts;
}

}  // namespace

HandshakeStep HandshakeMachine::start() {
  if (start_ == HandshakeStart::initialize) {
    return initialize();
  }
  return discover(std::string(mcp::kModernVersion));
}

HandshakeStep HandshakeMachine::on_reply(const HandshakeReply& reply) {
  switch (waiting_) {
    case Waiting::discover:
      return on_discover(reply);
    case Waiting::initialize:
      return on_initialize(reply);
    case Waiting::initialized:
      break;
  }
  return on_initialized(reply);
}

HandshakeStep HandshakeMachine::discover(std::string version) {
  waiting_ = Waiting::discover;
  ++probes_;
  return SendDiscover{std::move(version)};
}

HandshakeStep HandshakeMachine::initialize() {
  waiting_ = Waiting::initialize;
  return SendInitialize{std::string(mcp::kLatestLegacyVersion)};
}

HandshakeStep HandshakeMachine::on_discover(const HandshakeReply& reply) {
  if (reply.failure) {
    if (transport_ == Transport::http) {
      return HandshakeFailed{.error = *reply.failure};
    }
    if (reply.failure->code() == Errc::timeout) {
      return initialize();  // legacy servers may ignore what comes before initialize
    }
    // Some legacy servers die of a request before initialize: spare the next one.
    return HandshakeFailed{.error = *reply.failure, .next = HandshakeStart::initialize};
  }
  if (auto error = inconclusive(reply.status)) {
    return HandshakeFailed{.error = std::move(*error)};
  }
  if (!reply.error_json.empty()) {
    return on_modern_error(reply);
  }
  const Json result = Json::parse(reply.result_json, nullptr, false);
  if (result.is_object()) {
    const Json* offered = member(result, "supportedVersions");
    if (const auto versions = offered == nullptr ? std::nullopt : texts(*offered)) {
      return choose(*versions, reply.result_json);
    }
  }
  return initialize();
}

HandshakeStep HandshakeMachine::on_modern_error(const HandshakeReply& reply) {
  const mcp::RpcError error = mcp::parse_error(reply.error_json);
  switch (error.code) {
    case mcp::code::kUnsupportedVersion: {
      const Json data = Json::parse(error.data, nullptr, false);
      const Json* supported = data.is_object() ? member(data, "supported") : nullptr;
      const auto versions = supported == nullptr ? std::nullopt : texts(*supported);
      return versions && !versions->empty() ? choose(*versions, {}) : initialize();
    }
    case mcp::code::kHeaderMismatch:
    case mcp::code::kMissingClientCapability:
      // A modern server, but one that does not let us in: initialize would not help.
      return failed(Errc::protocol_error,
                    fmt::format("server/discover was refused: {}", printable(error.message)));
    default:
      return initialize();
  }
}

// `result_json` is the DiscoverResult, or empty when the versions came with an error.
HandshakeStep HandshakeMachine::choose(const std::vector<std::string>& offered,
                                       const std::string& result_json) {
  for (const std::string_view version : mcp::kSupportedVersions) {
    if (mcp::era_of(version) != mcp::Era::modern ||
        std::ranges::find(offered, version) == offered.end()) {
      continue;
    }
    if (!result_json.empty()) {
      facts_ = read_facts(mcp::Era::modern, std::string(version), Json::parse(result_json));
      return HandshakeDone{facts_};
    }
    if (probes_ >= kProbesMax) {
      return failed(
          Errc::protocol_error,
          fmt::format("the server refuses version {} which it says it supports", version));
    }
    return discover(std::string(version));
  }
  if (std::ranges::any_of(offered, is_legacy)) {
    return initialize();
  }
  return failed(Errc::unsupported, "the server shares no protocol version with this gateway");
}

HandshakeStep HandshakeMachine::on_initialize(const HandshakeReply& reply) {
  if (reply.failure) {
    return HandshakeFailed{.error = *reply.failure};
  }
  if (auto error = inconclusive(reply.status)) {
    return HandshakeFailed{.error = std::move(*error)};
  }
  if (!reply.error_json.empty()) {
    const mcp::RpcError error = mcp::parse_error(reply.error_json);
    return failed(Errc::protocol_error, fmt::format("initialize was refused: {} {}", error.code,
                                                    printable(error.message)));
  }
  const Json result = Json::parse(reply.result_json, nullptr, false);
  const Json* version = result.is_object() ? member(result, "protocolVersion") : nullptr;
  if (version == nullptr || !version->is_string()) {
    return failed(Errc::protocol_error,
                  fmt::format("no MCP server here: initialize was answered {} without a result",
                              reply.status));
  }
  auto text = version->get<std::string>();
  if (!is_legacy(text)) {
    return failed(Errc::unsupported,
                  fmt::format("the server wants version {}, which this gateway does not speak",
                              printable(text)));
  }
  facts_ = read_facts(mcp::Era::legacy, std::move(text), result);
  waiting_ = Waiting::initialized;
  return SendInitialized{facts_.version};
}

HandshakeStep HandshakeMachine::on_initialized(const HandshakeReply& reply) {
  if (reply.failure) {
    return HandshakeFailed{.error = *reply.failure};
  }
  if (auto error = inconclusive(reply.status)) {
    return HandshakeFailed{.error = std::move(*error)};
  }
  if (reply.status >= 400) {
    return failed(Errc::protocol_error,
                  fmt::format("notifications/initialized was answered {}", reply.status));
  }
  return HandshakeDone{facts_};
}

}  // namespace larder::gateway
