#include "engine/member.hpp"

#include <utility>

#include <larder/mcp/digest.hpp>

namespace larder::gateway {
namespace {

constexpr std::string_view kTags = "tag";

mcp::ListKind changed_together(mcp::ListKind kind) noexcept {
  return kind == mcp::ListKind::resource_templates ? mcp::ListKind::resources : kind;
}

}  // namespace

Member::Member(UpstreamConfig config)
    : config_(std::move(config)),
      prefix_(config_.prefix ? config_.options.name + std::string(mcp::kNameSeparator) : ""),
      tag_(Key::literal(kTags, config_.options.name)) {}

std::optional<std::string> Member::own_name(std::string_view listed) const {
  if (!listed.starts_with(prefix_)) {
    return std::nullopt;
  }
  return std::string(listed.substr(prefix_.size()));
}

Tag Member::list_tag(mcp::ListKind kind) const {
  return Key::literal(kTags, name() + "/" + std::string(list_member(changed_together(kind))));
}

// A digest, since a uri may be longer than a key.
Tag Member::uri_tag(std::string_view uri) const {
  return Key::literal(kTags, name() + "/uri/" + mcp::base64url(mcp::sha256(uri)));
}

std::pair<std::shared_ptr<const ServerFacts>, bool> Member::facts() const {
  const std::scoped_lock lock(mutex_);
  return {facts_, facts_stand_};
}

void Member::set_facts(std::shared_ptr<const ServerFacts> facts) {
  const std::scoped_lock lock(mutex_);
  facts_ = std::move(facts);
  facts_stand_ = true;
}

void Member::forget_facts() {
  const std::scoped_lock lock(mutex_);
  facts_stand_ = false;
}

std::shared_ptr<const Index> Member::index(mcp::ListKind kind, SteadyTime now) const {
  const std::scoped_lock lock(mutex_);
  const TimedIndex& timed = indexes_[std::to_underlying(kind)];
  return timed.good_until > now ? timed.index : nullptr;
}

void Member::set_index(mcp::ListKind kind, std::shared_ptr<const Index> index,
                       SteadyTime good_until) {
  const std::scoped_lock lock(mutex_);
  indexes_[std::to_underlying(kind)] = {.index = std::move(index), .good_until = good_until};
}

void Member::forget_index(mcp::ListKind kind) { set_index(kind, nullptr, {}); }

void Member::forget_indexes() {
  const std::scoped_lock lock(mutex_);
  indexes_ = {};
}

}  // namespace larder::gateway
