#include "upstream/messages.hpp"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <larder/mcp/request.hpp>
#include <larder/mcp/rpc.hpp>

namespace larder::gateway {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kPrintableMax = 200;

// The value at object[outer][inner]; null where any step is missing.
Json at(const Json& object, const char* outer, const char* inner) {
  const auto first = object.find(outer);
  if (first == object.end() || !first->is_object()) {
    return nullptr;
  }
  const auto second = first->find(inner);
  return second == first->end() ? Json(nullptr) : *second;
}

Json parse_object(std::string_view text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_object() ? value : Json::object();
}

}  // namespace

std::string initialize_params(std::string_view version) {
  return fmt::format(R"({{"protocolVersion":{},"capabilities":{{}},"clientInfo":{}}})",
                     mcp::quote_json(version), mcp::implementation_json());
}

std::string cancelled_params(std::string_view id_json) {
  return fmt::format(R"({{"requestId":{},"reason":"nobody waits for it any more"}})", id_json);
}

std::optional<std::string> listen_params(std::string_view capabilities_json) {
  static constexpr std::array<std::array<const char*, 2>, 3> kLists = {
      {{"tools", "toolsListChanged"},
       {"prompts", "promptsListChanged"},
       {"resources", "resourcesListChanged"}}};
  const Json capabilities = parse_object(capabilities_json);
  Json filter = Json::object();
  for (const auto& [group, wanted] : kLists) {
    if (at(capabilities, group, "listChanged") == true) {
      filter[wanted] = true;
    }
  }
  if (filter.empty()) {
    return std::nullopt;
  }
  return Json{{"notifications", filter}}.dump();
}

std::string empty_result(std::string_view id_json) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{}}}})", id_json);
}

std::string error_in_body(std::string_view body) {
  const Json message = parse_object(body);
  const auto error = message.find("error");
  if (error == message.end() || !error->is_object() || !at(message, "error", "code").is_number()) {
    return {};
  }
  return error->dump();
}

std::string subscription_id(std::string_view params_json) {
  const Json id = at(parse_object(params_json), "_meta", "io.modelcontextprotocol/subscriptionId");
  return id.is_null() ? std::string() : id.dump();
}

std::string cancelled_id(std::string_view params_json) {
  const Json params = parse_object(params_json);
  const auto id = params.find("requestId");
  return id == params.end() ? std::string() : id->dump();
}

std::string printable(std::string_view text) {
  std::string shown(text.substr(0, kPrintableMax));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      c = ' ';
    }
  }
  return shown;
}

}  // namespace larder::gateway
