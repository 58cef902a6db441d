// The form in which an upstream's answer travels through the Cache.
//
// Complete results are kept without what depends on the asker or the moment. Errors and
// interim results travel the same way to everyone who waits for the same call, but are
// never stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <larder/bytes.hpp>
#include <larder/clock.hpp>
#include <larder/mcp/result.hpp>

namespace larder::gateway {

enum class ResultForm : char {
  shared = 's',    // complete, for everyone
  personal = 'p',  // complete, for one principal
  interim = 'i',   // another resultType; `type` says which
  error = 'e',     // a JSON-RPC error object
};

struct StoredResult {
  ResultForm form = ResultForm::personal;
  std::string type = "complete";
  milliseconds ttl{0};  // as granted when it was received
  Bytes body;           // members, an encoded list page, or an error object
};

[[nodiscard]] Bytes encode_result(ResultForm form, std::string_view type, milliseconds ttl,
                                  std::string_view body);

// nullopt for bytes that are none of ours. The body shares their storage.
[[nodiscard]] std::optional<StoredResult> decode_result(const Bytes& stored);

[[nodiscard]] inline ResultForm form_of(mcp::CacheScope scope) noexcept {
  return scope == mcp::CacheScope::shared ? ResultForm::shared : ResultForm::personal;
}

[[nodiscard]] inline mcp::CacheScope scope_of(ResultForm form) noexcept {
  return form == ResultForm::shared ? mcp::CacheScope::shared : mcp::CacheScope::personal;
}

}  // namespace larder::gateway
