#include "engine/outgoing.hpp"

#include <utility>

namespace larder::gateway {

UpstreamCall outgoing(const RpcRequest& request, Renamed renamed) {
  UpstreamCall call{.method = request.message.method,
                    .request = {.method = request.message.method,
                                .params_json = request.message.params_json,
                                .name = renamed.name,
                                .ref_name = renamed.ref_name},
                    .facts = request.facts};
  call.request.client_capabilities_json = request.client.capabilities;
  // Headers mirror what is sent, not what was received.
  if (renamed.name) {
    call.facts.name = std::move(renamed.name);
  }
  return call;
}

}  // namespace larder::gateway
