// What the gateway needs to know of a client's request, and how it is sent on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <larder/mcp/era.hpp>
#include <larder/mcp/rpc.hpp>

namespace larder::mcp {

// params.name and so on, decoded; absent members are nullopt. Members of the wrong type
// are kInvalidParams naming the member.
struct RequestFacts {
  std::optional<std::string> name;               // params.name
  std::optional<std::string> uri;                // params.uri
  std::optional<std::string> cursor;             // params.cursor; "" is a cursor
  std::string arguments_json;                    // params.arguments; empty where absent
  std::optional<std::string> ref_name;           // params.ref.name   (completion/complete)
  std::optional<std::string> ref_uri;            // params.ref.uri
  bool is_retry = false;                         // has inputResponses or requestState (MRTR)
  bool asks_for_task = false;                    // legacy params.task
  std::optional<std::string> requested_version;  // params.protocolVersion of initialize
  std::optional<std::string> version;            // _meta io.modelcontextprotocol/protocolVersion
  std::string client_capabilities_json;          // _meta .../clientCapabilities; empty where absent
  std::string client_info_json;                  // _meta .../clientInfo; empty where absent
};

[[nodiscard]] RpcResult<RequestFacts> read_facts(const Message& request);

// The request as an upstream of that era wants it: `name` and `cursor` set or replaced
// where given, `ref_name` replaced likewise; for a modern upstream params._meta carries version,
// our clientInfo and the client's capabilities; for a legacy one those keys are removed.
// A progressToken is removed: the gateway answers with one JSON object.
struct Outgoing {
  std::string id_json;
  std::string method;
  std::string params_json = "{}";
  Era era = Era::modern;
  std::string version;  // of the upstream connection
  std::string client_capabilities_json = "{}";
  std::optional<std::string> name{};
  std::optional<std::string> cursor{};  // set or replace
  bool remove_cursor = false;
  std::optional<std::string> ref_name{};
};

[[nodiscard]] std::string write_request(const Outgoing& request);

// A notification without params, or with them.
[[nodiscard]] std::string write_notification(std::string_view method,
                                             std::string_view params_json = {});

// {"name":"larder","version":"..."} as clientInfo and serverInfo.
[[nodiscard]] std::string_view implementation_json() noexcept;

}  // namespace larder::mcp
