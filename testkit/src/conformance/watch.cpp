// watch: changes to keys that were read are told, whoever makes them.
#include <algorithm>
#include <memory>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

using Stream = std::shared_ptr<Watch>;

awaitable<Stream> watch(Trial& trial) {
  co_return trial.must(co_await trial.store().watch(trial.soon()), "watch");
}

awaitable<Result<Change>> next(Stream stream, Deadline deadline) {
  co_return co_await stream->next(deadline);
}

// Waits until the key is told as changed, or everything is.
awaitable<void> expect_told(Trial& trial, Stream stream, Key key, Where where = Where::current()) {
  for (;;) {
    const Change change = trial.must(co_await stream->next(trial.soon()), "next", where);
    const auto* changed = std::get_if<KeysChanged>(&change);
    if (changed == nullptr || std::ranges::find(changed->keys, key) != changed->keys.end()) {
      co_return;
    }
  }
}

awaitable<void> tells_changes_to_keys_that_were_read(Trial& trial) {
  const Key key = trial.key("a");
  const Key other = trial.key("b");
  co_await put(trial, entry_of(key, "1"));
  const Stream stream = co_await watch(trial);
  co_await get(trial, key);
  co_await put(trial, entry_of(key, "2"));
  co_await expect_told(trial, stream, key);
  co_await get(trial, key);
  co_await touch(trial, key, milliseconds(5000));
  co_await expect_told(trial, stream, key);
  co_await get(trial, key);
  co_await get(trial, other);
  co_await erase(trial, key);
  co_await expect_told(trial, stream, key);
  co_await put(trial, entry_of(other, "1"));
  co_await expect_told(trial, stream, other);
}

awaitable<void> tells_changes_to_every_watch(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "1"));
  const Stream first = co_await watch(trial);
  Stream gone = co_await watch(trial);
  const Stream second = co_await watch(trial);
  gone.reset();
  co_await get(trial, key);
  co_await put(trial, entry_of(key, "2"));
  co_await expect_told(trial, first, key);
  co_await expect_told(trial, second, key);
}

awaitable<void> tells_changes_made_through_another_handle(Trial& trial) {
  if (!trial.can().shared) {
    co_await tells_changes_to_keys_that_were_read(trial);
    co_return;
  }
  CacheBackend* other = co_await trial.another_handle();
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "1"));
  const Stream stream = co_await watch(trial);
  co_await get(trial, key);
  const PutItem item{.entry = entry_of(key, "2")};
  auto batch = co_await other->put(std::span(&item, 1), trial.soon());
  trial.must(trial.only(std::move(batch), "put"), "put");
  co_await expect_told(trial, stream, key);
}

awaitable<void> ends_with_closed_when_the_store_closes(Trial& trial) {
  const Stream stream = co_await watch(trial);
  const auto executor = co_await boost::asio::this_coro::executor;
  auto waiting = start(executor, next(stream, trial.soon()));
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
  co_await trial.close();
  trial.fails(co_await waiting.answer(), Errc::closed, "a next that waits");
  trial.fails(co_await stream->next(trial.soon()), Errc::closed, "a next after close");
}

awaitable<void> loses_nothing_by_a_timeout(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "1"));
  const Stream stream = co_await watch(trial);
  co_await get(trial, key);
  co_await put(trial, entry_of(key, "2"));
  trial.fails(co_await stream->next(trial.past()), Errc::timeout, "next with a deadline past");
  co_await expect_told(trial, stream, key);
}

}  // namespace

std::vector<Check> watch_checks() {
  constexpr auto kNeeds = &Capabilities::watch;
  return {
      {"Watch", "tells_changes_to_keys_that_were_read", kNeeds,
       tells_changes_to_keys_that_were_read},
      {"Watch", "tells_changes_to_every_watch", kNeeds, tells_changes_to_every_watch},
      {"Watch", "tells_changes_made_through_another_handle", kNeeds,
       tells_changes_made_through_another_handle},
      {"Watch", "ends_with_closed_when_the_store_closes", kNeeds,
       ends_with_closed_when_the_store_closes},
      {"Watch", "loses_nothing_by_a_timeout", kNeeds, loses_nothing_by_a_timeout},
  };
}

}  // namespace larder::testkit
