#include <exception>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "endings.hpp"
#include "impl.hpp"
#include "tag_scope.hpp"

namespace larder {
namespace {

std::string about(const Key& key, std::string_view text) {
  return std::string(key.name_space()).append(": ").append(text);
}

Error threw(const Key& key, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    return Error(Errc::load_failed, about(key, "the loader threw: ").append(exception.what()));
  } catch (...) {
    return Error(Errc::load_failed, about(key, "the loader threw something"));
  }
}

Error too_late(const Key& key, milliseconds span) {
  return Error(Errc::timeout,
               about(key, "not loaded within ") + std::to_string(span.count()) + " ms");
}

Error miscounted(const Key& key, std::size_t results, std::size_t keys) {
  return Error(Errc::load_failed, about(key, "the loader brought ") + std::to_string(results) +
                                      " results for " + std::to_string(keys) +
                                      (keys == 1 ? " key" : " keys"));
}

// Why it is not to be used, although the loader says that it succeeded.
std::optional<Error> flaw_of(const Flight& flight, const Loaded& loaded) {
  if (loaded.not_modified && !flight.lookup.found) {
    return Error(Errc::load_failed,
                 about(flight.key, "the loader says not modified, but was shown no entry"));
  }
  if (loaded.key && loaded.key->name_space() != flight.key.name_space()) {
    return Error(Errc::load_failed,
                 about(flight.key, "the loader names a key of another namespace"));
  }
  return std::nullopt;
}

}  // namespace

awaitable<Result<void>> LoadContext::add_tags(std::vector<Tag> tags) const {
  return tag_reader->read(std::move(tags));
}

awaitable<Result<void>> ManyLoadContext::add_tags(std::vector<Tag> tags) const {
  return tag_reader->read(std::move(tags));
}

void Cache::Impl::launch(const LoadPtr& load) {
  if (load->deadline == Deadline()) {
    load->deadline = clock_.in(load->policy.load_deadline);
  }
  open_.also(2);
  load->watchdog.start(watch(load), [this](const std::exception_ptr&) { open_.leave(); });
  load->work.start(fly(load), [this, load](const std::exception_ptr& failure) {
    end_work(load, failure);
    open_.leave();
  });
}

void Cache::Impl::end_work(const LoadPtr& load, const std::exception_ptr& failure) {
  for (const FlightPtr& flight : load->flights) {
    if (failure) {
      flights_.land(flight, std::unexpected(threw(flight->key, failure)));
    }
  }
  load->over = true;
  load->loader.reset();
  load->ticket.reset();
  // The flights hold their load.
  load->flights.clear();
  load->watchdog.cancel();
  load->keeper.cancel();
}

awaitable<void> Cache::Impl::watch(LoadPtr load) {
  if (load->over || load->flying == 0 || !co_await clock_.sleep_until(load->deadline)) {
    co_return;
  }
  for (const FlightPtr& flight : std::vector(load->flights)) {
    (void)flights_.abandon(flight, too_late(flight->key, load->policy.load_deadline));
  }
}

awaitable<void> Cache::Impl::fly(LoadPtr load) {
  if (load->flying == 0) {
    co_return;
  }
  std::vector<FlightPtr> flights = load->flights;
  if (store_.has_shared_leases()) {
    flights = co_await acquire(load);
  }
  std::erase_if(flights, [this](const auto& flight) { return !flights_.begin_loading(*flight); });
  if (flights.empty()) {
    co_return;
  }
  const SteadyTime started = clock_.now();
  Batch<Loaded> loaded = co_await call_loader(*load, flights);
  const auto cost = std::chrono::duration_cast<milliseconds>(clock_.now() - started);
  std::vector<Kept> kept;
  for (std::size_t i = 0; i < flights.size(); ++i) {
    if (!flights_.begin_storing(*flights[i])) {
      continue;
    }
    if (auto one = take(flights[i], std::move(loaded[i]))) {
      one->cost = cost;
      kept.push_back(*std::move(one));
    }
  }
  if (!kept.empty()) {
    load->watchdog.cancel();
    co_await keep(*load, std::move(kept));
  }
}

std::optional<Cache::Impl::Kept> Cache::Impl::take(const FlightPtr& flight, Result<Loaded> loaded) {
  if (loaded) {
    if (auto flaw = flaw_of(*flight, *loaded)) {
      loaded = std::unexpected(*std::move(flaw));
    }
  }
  if (!loaded) {
    counters_.load_failures.add();
    flights_.land(flight, std::unexpected(std::move(loaded).error()));
    return std::nullopt;
  }
  if (loaded->not_modified) {
    counters_.not_modified.add();
    loaded = kept_from(*flight->lookup.found, *loaded);
  }
  return Kept{.flight = flight, .loaded = *std::move(loaded)};
}

awaitable<Batch<Loaded>> Cache::Impl::call_loader(const Load& load,
                                                  std::span<const FlightPtr> flights) {
  const auto scope =
      std::make_shared<TagScope>(store_, flights_, clock_, flights, load.policy.store_deadline);
  ManyLoadContext context{.deadline = load.deadline, .tag_reader = scope};
  for (const FlightPtr& flight : flights) {
    context.keys.push_back(flight->key);
    context.stale.push_back(flight->lookup.found);
  }
  const Key& first = flights.front()->key;
  Batch<Loaded> answers;
  std::exception_ptr failure;
  try {
    answers = co_await (*load.loader)(context);
  } catch (...) {
    failure = std::current_exception();
  }
  for (const FlightPtr& flight : flights) {
    flight->epochs = scope->with(flight->epochs);
  }
  if (failure) {
    co_return fail_all<Loaded>(flights.size(), threw(first, failure));
  }
  if (answers.size() != flights.size()) {
    co_return fail_all<Loaded>(flights.size(), miscounted(first, answers.size(), flights.size()));
  }
  co_return answers;
}

}  // namespace larder
