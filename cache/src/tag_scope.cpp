#include "tag_scope.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace larder {

TagScope::TagScope(Store& store, Flights& flights, Clock& clock, std::span<const FlightPtr> loading,
                   milliseconds store_deadline)
    : store_(store),
      flights_(flights),
      clock_(clock),
      loading_(loading.begin(), loading.end()),
      store_deadline_(store_deadline) {
  for (const FlightPtr& flight : loading_) {
    tags_ = std::max(tags_, flight->epochs ? flight->epochs->size() : 0);
  }
}

awaitable<Result<void>> TagScope::read(std::vector<Tag> tags) {
  if (auto announced = announce(tags); !announced) {
    add(std::unexpected(announced.error()));
    co_return announced;
  }
  const auto epochs = co_await read_epochs(store_, std::move(tags), clock_.in(store_deadline_));
  add(epochs);
  if (!epochs) {
    co_return std::unexpected(epochs.error());
  }
  co_return Result<void>();
}

Result<void> TagScope::announce(const std::vector<Tag>& tags) {
  if (!store_.capabilities().epochs) {
    return fail(Errc::unsupported, "add_tags: needs a store with epochs");
  }
  {
    const std::lock_guard lock(mutex_);
    if (tags_ + tags.size() > Entry::kTagsMax) {
      return fail(Errc::invalid_argument,
                  "add_tags: an entry has at most " + std::to_string(Entry::kTagsMax) + " tags");
    }
    tags_ += tags.size();
  }
  for (const FlightPtr& flight : loading_) {
    flights_.add_tags(*flight, tags);
  }
  return {};
}

void TagScope::add(const Result<TagEpochs>& epochs) {
  const std::lock_guard lock(mutex_);
  if (!epochs) {
    added_.reset();
  } else if (added_) {
    added_->insert(added_->end(), epochs->begin(), epochs->end());
  }
}

std::optional<TagEpochs> TagScope::with(const std::optional<TagEpochs>& own) const {
  const std::lock_guard lock(mutex_);
  if (!own || !added_) {
    return std::nullopt;
  }
  TagEpochs all = *own;
  for (const TagEpoch& one : *added_) {
    const bool known = std::ranges::any_of(all, [&](const auto& it) { return it.tag == one.tag; });
    if (!known) {
      all.push_back(one);
    }
  }
  return all;
}

}  // namespace larder
