// The few JSON-RPC texts an upstream connection writes and reads by itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larder::gateway {

// params of the legacy initialize. Our client capabilities are empty: we answer neither
// sampling nor elicitation nor roots.
[[nodiscard]] std::string initialize_params(std::string_view version);

// params of notifications/cancelled.
[[nodiscard]] std::string cancelled_params(std::string_view id_json);

// params of subscriptions/listen: the list changes the server says it announces; nullopt
// when it announces none.
[[nodiscard]] std::optional<std::string> listen_params(std::string_view capabilities_json);

// A JSON-RPC response by us: an empty result.
[[nodiscard]] std::string empty_result(std::string_view id_json);

// The error object in the body of an HTTP error, whatever its id; empty where there is
// none. Servers that could not read the id answer with a null one or without.
[[nodiscard]] std::string error_in_body(std::string_view body);

// _meta io.modelcontextprotocol/subscriptionId as JSON text; empty where absent.
[[nodiscard]] std::string subscription_id(std::string_view params_json);

// params.requestId as JSON text; empty where absent.
[[nodiscard]] std::string cancelled_id(std::string_view params_json);

// A server's text made fit for an error or a log line: short and without control characters.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace larder::gateway
