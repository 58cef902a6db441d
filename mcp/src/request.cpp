#include <larder/mcp/request.hpp>

#include <utility>

#include <fmt/format.h>

#include "json.hpp"
#include "meta_keys.hpp"
#include "splice.hpp"

namespace larder::mcp {
namespace {

RpcError wrong_type(std::string_view member, std::string_view type) {
  return RpcError{.code = code::kInvalidParams,
                  .message = fmt::format("{} must be {}.", member, type)};
}

// Where a member goes and, once one was of the wrong type, what to answer.
class FactReader {
 public:
  void text(std::string_view where, std::string_view value, std::optional<std::string>& out) {
    out = json::read_string(value);
    if (!out) {
      refuse(wrong_type(where, "a string"));
    }
  }

  void object(std::string_view where, std::string_view value, std::string& out) {
    if (value.starts_with('{')) {
      out = value;
    } else {
      refuse(wrong_type(where, "an object"));
    }
  }

  // The members of an object; none when it is something else.
  json::Object members(std::string_view where, std::string_view value) {
    auto object = json::Object::read(value);
    if (!object) {
      refuse(wrong_type(where, "an object"));
    }
    return object ? *std::move(object) : json::Object();
  }

  [[nodiscard]] std::optional<RpcError>& error() noexcept { return error_; }

 private:
  void refuse(RpcError error) {
    if (!error_) {
      error_ = std::move(error);
    }
  }

  std::optional<RpcError> error_;
};

void read_ref(FactReader& reader, std::string_view value, RequestFacts& facts) {
  for (const json::Member& member : reader.members("params.ref", value)) {
    if (member.name == "name") {
      reader.text("params.ref.name", member.value, facts.ref_name);
    } else if (member.name == "uri") {
      reader.text("params.ref.uri", member.value, facts.ref_uri);
    }
  }
}

void read_meta(FactReader& reader, std::string_view value, RequestFacts& facts) {
  for (const json::Member& member : reader.members("params._meta", value)) {
    if (member.name == meta::kVersion) {
      reader.text(meta::kVersion, member.value, facts.version);
    } else if (member.name == meta::kClientCapabilities) {
      reader.object(meta::kClientCapabilities, member.value, facts.client_capabilities_json);
    } else if (member.name == meta::kClientInfo) {
      reader.object(meta::kClientInfo, member.value, facts.client_info_json);
    }
  }
}

void read_param(FactReader& reader, const json::Member& member, RequestFacts& facts) {
  if (member.name == "name") {
    reader.text("params.name", member.value, facts.name);
  } else if (member.name == "uri") {
    reader.text("params.uri", member.value, facts.uri);
  } else if (member.name == "cursor") {
    reader.text("params.cursor", member.value, facts.cursor);
  } else if (member.name == "arguments") {
    reader.object("params.arguments", member.value, facts.arguments_json);
  } else if (member.name == "protocolVersion") {
    reader.text("params.protocolVersion", member.value, facts.requested_version);
  } else if (member.name == "ref") {
    read_ref(reader, member.value, facts);
  } else if (member.name == meta::kMember) {
    read_meta(reader, member.value, facts);
  } else if (member.name == "inputResponses" || member.name == "requestState") {
    facts.is_retry = true;
  } else if (member.name == "task") {
    facts.asks_for_task = true;
  }
}

// What the gateway says of itself and of the client in its own words, so never what the
// client said; a progress token would ask for events nobody can pass on.
bool is_ours(std::string_view meta_key) noexcept {
  return meta_key == meta::kVersion || meta_key == meta::kClientInfo ||
         meta_key == meta::kClientCapabilities || meta_key == meta::kProgressToken;
}

std::string outgoing_meta(const Outgoing& request, std::string_view meta_json) {
  MemberList members;
  if (const auto object = json::Object::read(meta_json)) {
    for (const json::Member& member : *object) {
      if (!is_ours(member.name)) {
        members.add_raw(member.raw);
      }
    }
  }
  if (request.era == Era::modern) {
    members.add(meta::kVersion, quote_json(request.version));
    members.add(meta::kClientInfo, implementation_json());
    members.add(meta::kClientCapabilities,
                request.client_capabilities_json.empty() ? "{}" : request.client_capabilities_json);
  }
  return members.empty() ? std::string() : members.object();
}

std::string outgoing_ref(const Outgoing& request, const json::Member& ref) {
  const auto object = json::Object::read(ref.value);
  if (!object || !request.ref_name) {
    return std::string(ref.value);
  }
  MemberList members;
  for (const json::Member& member : *object) {
    if (member.name != "name") {
      members.add_raw(member.raw);
    }
  }
  members.add("name", quote_json(*request.ref_name));
  return members.object();
}

std::string outgoing_params(const Outgoing& request) {
  MemberList members;
  std::string_view meta_json;
  const json::Object params = json::Object::read(request.params_json).value_or(json::Object());
  for (const json::Member& member : params) {
    if (member.name == meta::kMember) {
      meta_json = member.value;
    } else if (member.name == "ref") {
      members.add("ref", outgoing_ref(request, member));
    } else if (!(member.name == "name" && request.name) &&
               !(member.name == "cursor" && (request.cursor || request.remove_cursor))) {
      members.add_raw(member.raw);
    }
  }
  if (request.name) {
    members.add("name", quote_json(*request.name));
  }
  if (request.cursor) {
    members.add("cursor", quote_json(*request.cursor));
  }
  if (const std::string meta_out = outgoing_meta(request, meta_json); !meta_out.empty()) {
    members.add(meta::kMember, meta_out);
  }
  return members.object();
}

}  // namespace

RpcResult<RequestFacts> read_facts(const Message& request) {
  RequestFacts facts;
  FactReader reader;
  const json::Object params = reader.members("params", request.params_json);
  for (const json::Member& member : params) {
    read_param(reader, member, facts);
  }
  if (reader.error()) {
    return std::unexpected(*std::move(reader.error()));
  }
  return facts;
}

std::string write_request(const Outgoing& request) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":{},"params":{}}})", request.id_json,
                     quote_json(request.method), json::one_line(outgoing_params(request)));
}

std::string write_notification(std::string_view method, std::string_view params_json) {
  std::string out = R"({"jsonrpc":"2.0","method":)" + quote_json(method);
  if (!params_json.empty()) {
    out.append(",\"params\":").append(json::one_line(params_json));
  }
  return out.append("}");
}

std::string_view implementation_json() noexcept {
  return R"({"name":"larder","version":")" LARDER_VERSION R"("})";
}

}  // namespace larder::mcp
