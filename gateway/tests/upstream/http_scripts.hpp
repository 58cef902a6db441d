// Scripts of a FakeServer that several tests play.
#pragma once

#include <string>
#include <utility>

#include "fake_server.hpp"
#include "fixture.hpp"

namespace larder::gateway::test {

inline UpstreamOptions to(const FakeServer& server) {
  return {.transport = HttpUpstreamOptions{.url = server.url()}};
}

// Answers discovery; everything else is the test's.
inline FakeServer::Script modern(FakeServer::Script rest,
                                 std::string discovered = std::string(kDiscovered)) {
  return [rest = std::move(rest), discovered = std::move(discovered)](
             Peer& peer, const Seen& seen) -> awaitable<void> {
    if (seen.rpc_method() == "server/discover") {
      co_await peer.result(seen, discovered);
    } else {
      co_await rest(peer, seen);
    }
  };
}

inline awaitable<void> answer_empty(Peer& peer, const Seen& seen) {
  co_await peer.result(seen, "{}");
}

inline awaitable<void> never_answer(Peer& peer, const Seen& /*seen*/) {
  co_await peer.until_closed();
}

}  // namespace larder::gateway::test
