#include <utility>

#include <boost/asio/this_coro.hpp>

#include "endings.hpp"
#include "impl.hpp"

namespace larder {
namespace {

using Next = Explanation::Next;

bool is_in_use(const Explanation& explanation, const Policy& policy) {
  return explanation.found && explanation.cause == MissCause::expired &&
         can_read(policy.readable, *explanation.found);
}

Next next_of(const Explanation& explanation, const Policy& policy) {
  if (explanation.cause == MissCause::none && can_read(policy.readable, *explanation.found)) {
    return explanation.early_refresh_chance > 0 ? Next::hit_and_refresh : Next::hit;
  }
  if (is_in_use(explanation, policy) &&
      -explanation.found->fresh_left() < policy.stale_while_revalidate) {
    return Next::stale_at_once;
  }
  if (explanation.loading_here) {
    return Next::join;
  }
  return explanation.remembered_failure ? Next::remembered : Next::load;
}

void apply(const Policy& policy, Explanation& explanation) {
  if (explanation.cause == MissCause::none && policy.early_refresh > 0) {
    explanation.early_refresh_chance =
        early_refresh_chance(*explanation.found, policy.early_refresh);
  }
  explanation.next = next_of(explanation, policy);
  const bool waits = explanation.next == Next::join || explanation.next == Next::load;
  if (waits && is_in_use(explanation, policy) && policy.soft_deadline > milliseconds(0)) {
    explanation.soft_deadline = policy.soft_deadline;
  }
}

}  // namespace

awaitable<Result<Explanation>> Cache::Impl::explain(const Key& key, const Policy* policy,
                                                    Deadline deadline) {
  if (open_.closed()) {
    co_return std::unexpected(closed_error());
  }
  Flights::Sight sight = flights_.sight(key);
  Explanation explanation{.key = key.text(),
                          .cause = MissCause::absent,
                          .loading_here = sight.loading,
                          .waiters = sight.waiters,
                          .lease = sight.lease,
                          .remembered_failure = std::move(sight.failure)};
  auto answers = co_await store_.get(std::span(&key, 1), deadline);
  if (!answers.front()) {
    co_return std::unexpected(std::move(answers.front()).error());
  }
  explanation.found = *std::move(answers.front());
  if (explanation.found) {
    explanation.cause = explanation.found->is_fresh() ? MissCause::none : MissCause::expired;
    const TagEpochs stored = explanation.found->entry->epochs();
    std::vector<Tag> tags;
    for (const TagEpoch& one : stored) {
      tags.push_back(one.tag);
    }
    if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
      co_return std::unexpected(cancelled_error());
    }
    const auto current = co_await read_epochs(store_, std::move(tags), deadline);
    if (!current) {
      co_return std::unexpected(current.error());
    }
    for (std::size_t i = 0; i < stored.size(); ++i) {
      const Epoch now = (*current)[i].epoch;
      explanation.tags.push_back({.tag = stored[i].tag, .stored = stored[i].epoch, .current = now});
      if (now != stored[i].epoch) {
        explanation.cause = MissCause::invalidated;
      }
    }
  }
  if (policy != nullptr) {
    apply(*policy, explanation);
  }
  co_return explanation;
}

}  // namespace larder
