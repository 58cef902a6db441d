#include <span>
#include <utility>

#include <larder/testkit/models.hpp>

namespace larder::testkit {
namespace {

// No test outlasts these.
constexpr Life kLife{.fresh = std::chrono::hours(1), .stale = std::chrono::hours(1)};
constexpr milliseconds kHold = std::chrono::hours(1);
constexpr milliseconds kPeriod = std::chrono::hours(24 * 30);

// Advice speaks of the store; of a call that was cancelled or closed away nobody waited to
// hear what became of it.
bool may_have_happened(const Error& error) {
  return error.advice() == Advice::unknown_outcome || error.code() == Errc::cancelled ||
         error.code() == Errc::closed;
}

template <typename Model>
std::optional<typename Model::Output> note(History<Model>& history, std::size_t operation,
                                           Result<typename Model::Output> answer) {
  if (answer) {
    history.answered(operation, *answer);
    return std::move(*answer);
  }
  if (!may_have_happened(answer.error())) {
    history.nothing_done(operation);
  }
  return std::nullopt;
}

template <typename T, typename Translate>
auto translated(Batch<T> batch, Translate translate)
    -> Result<decltype(translate(std::declval<T>()))> {
  auto& only = batch.front();
  if (!only) {
    return std::unexpected(only.error());
  }
  return translate(std::move(*only));
}

std::optional<KeyModel::Value> seen(const std::optional<Found>& found) {
  if (!found) {
    return std::nullopt;
  }
  return KeyModel::Value{.text = std::string(found->entry->value()), .version = found->version};
}

Entry entry_of(const Key& key, const std::string& text) {
  return Entry{.key = key, .value = Bytes::copy_of(text), .life = kLife};
}

KeyModel::Output done_if(bool done) { return {.done = done}; }

using KeyAnswer = Result<KeyModel::Output>;

// Calls the verb of an input.
class Caller {
 public:
  Caller(CacheBackend& store, Key key, Deadline deadline)
      : store_(store), key_(std::move(key)), deadline_(deadline) {}

  awaitable<KeyAnswer> operator()(KeyModel::Get) {
    co_return translated(
        co_await store_.get(std::span(&key_, 1), deadline_),
        [](const std::optional<Found>& found) { return KeyModel::Output{.found = seen(found)}; });
  }
  awaitable<KeyAnswer> operator()(KeyModel::Put put) {
    const PutItem item{.entry = entry_of(key_, put.text), .condition = put.condition};
    co_return translated(co_await store_.put(std::span(&item, 1), deadline_),
                         [](const PutOutcome& outcome) {
                           KeyModel::Output output{.done = outcome.stored};
                           if (outcome.stored) {
                             output.version = outcome.version;
                           }
                           return output;
                         });
  }
  awaitable<KeyAnswer> operator()(KeyModel::Erase) {
    co_return translated(co_await store_.erase(std::span(&key_, 1), deadline_), done_if);
  }
  awaitable<KeyAnswer> operator()(KeyModel::Ask ask) {
    const LeaseRequest request{.key = key_, .hold = kHold, .despite = ask.despite};
    co_return translated(co_await store_.read_or_lease(std::span(&request, 1), deadline_),
                         [](const LeaseAnswer& answer) {
                           return KeyModel::Output{.found = seen(answer.found),
                                                   .lease = answer.state,
                                                   .token = answer.token};
                         });
  }
  awaitable<KeyAnswer> operator()(KeyModel::Fill fill) {
    const larder::Fill item{.entry = entry_of(key_, fill.text), .token = fill.token};
    co_return translated(
        co_await store_.fill(std::span(&item, 1), deadline_),
        [](FillOutcome outcome) { return done_if(outcome == FillOutcome::stored); });
  }
  awaitable<KeyAnswer> operator()(KeyModel::Renew renew) {
    const LeaseHold lease{.key = key_, .token = renew.token};
    co_return translated(co_await store_.renew(std::span(&lease, 1), kHold, deadline_), done_if);
  }
  awaitable<KeyAnswer> operator()(KeyModel::Release release) {
    const LeaseHold lease{.key = key_, .token = release.token};
    co_return translated(co_await store_.release(std::span(&lease, 1), deadline_), done_if);
  }

 private:
  CacheBackend& store_;
  Key key_;
  Deadline deadline_;
};

}  // namespace

awaitable<std::optional<CounterModel::Output>> perform(CacheBackend& store, Key key,
                                                       History<CounterModel>& history,
                                                       std::size_t client,
                                                       CounterModel::Input input,
                                                       Deadline deadline) {
  const std::size_t operation = history.call(client, input);
  const Addition addition{.key = std::move(key), .delta = input.delta};
  auto batch = co_await store.add(std::span(&addition, 1), deadline);
  auto sum = translated(std::move(batch),
                        [](std::int64_t value) { return CounterModel::Output{.sum = value}; });
  if (!sum && sum.error().code() == Errc::out_of_range) {
    sum = CounterModel::Output();
  }
  co_return note(history, operation, std::move(sum));
}

awaitable<std::optional<QuotaModel::Output>> perform(CacheBackend& store, Key key,
                                                     History<QuotaModel>& history,
                                                     std::size_t client, QuotaModel::Input input,
                                                     Deadline deadline) {
  const std::size_t operation = history.call(client, input);
  const QuotaRequest request{.key = std::move(key),
                             .quota = {.burst = QuotaModel::kBurst, .period = kPeriod},
                             .cost = input.cost};
  auto batch = co_await store.take(std::span(&request, 1), deadline);
  co_return note(history, operation, translated(std::move(batch), [](const QuotaAnswer& answer) {
                   return QuotaModel::Output{.allowed = answer.allowed,
                                             .remaining = answer.remaining};
                 }));
}

awaitable<std::optional<KeyModel::Output>> perform(CacheBackend& store, Key key,
                                                   History<KeyModel>& history, std::size_t client,
                                                   KeyModel::Input input, Deadline deadline) {
  const std::size_t operation = history.call(client, input);
  Caller caller(store, std::move(key), deadline);
  auto answer = co_await std::visit(
      [&caller](auto one) -> awaitable<KeyAnswer> { return caller(std::move(one)); },
      std::move(input));
  co_return note(history, operation, std::move(answer));
}

}  // namespace larder::testkit
