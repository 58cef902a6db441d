// A client's request, turned into one for an upstream.
#pragma once

#include <optional>
#include <string>

#include <larder/gateway/upstream.hpp>

#include "engine/exchange.hpp"

namespace larder::gateway {

// What changes on the way.
struct Renamed {
  std::optional<std::string> name{};
  std::optional<std::string> ref_name{};
};

// The deadline is still to be set. A modern client's capabilities go with it, since an
// upstream must not ask for more than the client can do; a legacy client's are not known
// to the upstream, so it is asked on behalf of one that can do nothing.
[[nodiscard]] UpstreamCall outgoing(const RpcRequest& request, Renamed renamed);

}  // namespace larder::gateway
