// What subscribe() and watch() of a RemoteBackend hand out.
#pragma once

#include <memory>

#include <larder/runtime/run_on.hpp>

#include "remote/link.hpp"

namespace larder::testkit {

// Crosses to the link's thread. Cancelled before it could start, it is cancelled.
template <typename T>
[[nodiscard]] awaitable<Result<T>> on_link(Link& link, awaitable<Result<T>> work) {
  try {
    co_return co_await run_on(link.executor(), std::move(work));
  } catch (const boost::system::system_error&) {
    co_return fail(Errc::cancelled, "remote store");
  }
}

[[nodiscard]] std::unique_ptr<Subscription> make_subscription(std::shared_ptr<Link> link,
                                                              std::shared_ptr<RemoteStream> stream);
[[nodiscard]] std::unique_ptr<Watch> make_watch(std::shared_ptr<Link> link,
                                                std::shared_ptr<RemoteStream> stream);

}  // namespace larder::testkit
