#include "near_pump.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/strand.hpp>

namespace larder {
namespace {

namespace asio = boost::asio;

// For opening a stream.
constexpr milliseconds kOpenPatience{5000};
constexpr milliseconds kPauseFirst{100};
constexpr milliseconds kPauseMax{5000};

}  // namespace

const Key& bump_channel() {
  static const Key channel = Key::literal("larder.near", "bumps");
  return channel;
}

void NearPump::start(const asio::any_io_executor& executor) {
  const auto launch = [this, &executor](std::optional<Task>& task, awaitable<void> work) {
    if (open_.enter(1)) {
      task.emplace(asio::make_strand(executor));
      // Nothing throws across the port; what would have is an end of the stream like another.
      task->start(std::move(work), [this](const std::exception_ptr& failure) {
        if (failure != nullptr) {
          watch_is_lost("an exception");
          parts_.epochs.set_live(false);
        }
        open_.leave();
      });
    }
  };
  launch(changes_, read_changes());
  if (parts_.remote.capabilities().messages) {
    launch(bumps_, read_bumps_of_others());
  } else {
    parts_.epochs.set_live(true);
  }
}

awaitable<void> NearPump::stop() {
  open_.close();
  {
    const std::lock_guard lock(stopping_);
    for (const std::optional<Task>* task : {&changes_, &bumps_}) {
      if (*task) {
        (*task)->cancel();
      }
    }
  }
  co_await open_.all_left();
  // Their strands belong to an io_context that may be gone before this is.
  const std::lock_guard lock(stopping_);
  changes_.reset();
  bumps_.reset();
}

// Half of the bound is for silence, half for the question that ends it.
milliseconds NearPump::quiet_max() const noexcept {
  return std::max(milliseconds(1), parts_.staleness / 2);
}

// After each await the pump looks whether it is to end: once it was cancelled, the next
// await would throw.

awaitable<void> NearPump::read_changes() {
  milliseconds pause = kPauseFirst;
  while (!open_.closed()) {
    auto watch = co_await parts_.remote.watch(parts_.clock.in(kOpenPatience));
    if (open_.closed()) {
      break;
    }
    if (watch) {
      pause = kPauseFirst;
      watch_is_live();
      co_await follow(**watch);
    }
    if (!open_.closed()) {
      co_await back_off(pause);
    }
  }
}

awaitable<void> NearPump::follow(Watch& watch) {
  for (;;) {
    auto change = co_await watch.next(parts_.clock.in(quiet_max()));
    if (open_.closed()) {
      co_return;
    }
    if (!change && change.error().code() == Errc::timeout) {
      const bool answers = co_await store_answers();
      if (open_.closed()) {
        co_return;
      }
      if (!answers) {
        watch_is_lost("silent, and the store does not answer");
        co_return;
      }
      continue;
    }
    if (!change) {
      watch_is_lost(to_string(change.error().code()));
      co_return;
    }
    if (const auto* changed = std::get_if<KeysChanged>(&*change)) {
      std::ranges::for_each(changed->keys, [this](const Key& key) { parts_.fetches.change(key); });
    } else {
      // Told in the stream, which goes on: what is copied from now on is watched again.
      parts_.fetches.change_all();
      parts_.counters.watch_losses.add();
    }
  }
}

awaitable<bool> NearPump::store_answers() {
  const auto answer = co_await parts_.remote.ping(parts_.clock.in(quiet_max()));
  co_return answer.has_value();
}

awaitable<void> NearPump::back_off(milliseconds& pause) {
  co_await parts_.clock.sleep_until(parts_.clock.in(jitter_.any_part_of(pause)));
  pause = std::min(kPauseMax, 2 * pause);
}

void NearPump::watch_is_live() {
  parts_.fetches.set_live(true);
  parts_.log.info("near", "the watch is live", {{"store", parts_.remote.name()}});
}

void NearPump::watch_is_lost(std::string_view cause) {
  parts_.fetches.set_live(false);
  parts_.fetches.change_all();
  parts_.counters.watch_losses.add();
  parts_.log.warning("near", "the watch is lost; copies are dropped and none is taken",
                     {{"store", parts_.remote.name()}, {"cause", cause}});
}

awaitable<void> NearPump::read_bumps_of_others() {
  milliseconds pause = kPauseFirst;
  while (!open_.closed()) {
    auto stream = co_await parts_.remote.subscribe(std::span(&bump_channel(), 1),
                                                   parts_.clock.in(kOpenPatience));
    if (open_.closed()) {
      break;
    }
    if (stream) {
      pause = kPauseFirst;
      parts_.epochs.set_live(true);
      co_await follow(**stream);
      parts_.epochs.set_live(false);
    }
    if (!open_.closed()) {
      co_await back_off(pause);
    }
  }
  parts_.epochs.set_live(false);
}

awaitable<void> NearPump::follow(Subscription& subscription) {
  for (;;) {
    const auto notice = co_await subscription.next(parts_.clock.in(quiet_max()));
    if (open_.closed()) {
      co_return;
    }
    if (!notice && notice.error().code() == Errc::timeout) {
      continue;  // A silent channel is the usual case; copies end by themselves.
    }
    if (!notice) {
      co_return;
    }
    const auto* message = std::get_if<Message>(&*notice);
    const auto tags = message != nullptr ? read_bumps(message->payload.view()) : std::nullopt;
    if (tags) {
      std::ranges::for_each(*tags, [this](const Tag& tag) { parts_.epochs.bumped(tag); });
    } else {
      parts_.epochs.bumped_any();
    }
  }
}

}  // namespace larder
