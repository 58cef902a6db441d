#include "engine/cache_status.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace larder::gateway {
namespace {

std::string_view forward_token(CacheOutcome outcome) noexcept {
  switch (outcome) {
    case CacheOutcome::uri_miss:
      return "uri-miss";
    case CacheOutcome::stale:
      return "stale";
    case CacheOutcome::partial:
      return "partial";
    case CacheOutcome::bypass:
      return "bypass";
    case CacheOutcome::local:
    case CacheOutcome::hit:
      return "";
  }
  std::unreachable();
}

CacheOutcome outcome_of(MissCause cause) noexcept {
  switch (cause) {
    case MissCause::none:
      return CacheOutcome::hit;
    case MissCause::absent:
      return CacheOutcome::uri_miss;
    case MissCause::expired:
    case MissCause::invalidated:
    case MissCause::unreadable:
      return CacheOutcome::stale;
    case MissCause::unavailable:
      return CacheOutcome::bypass;
  }
  std::unreachable();
}

std::string_view detail_of(const Answer& answer) noexcept {
  if (answer.source == Source::stale) {
    return "stale-if-error";
  }
  switch (answer.cause) {
    case MissCause::invalidated:
      return "invalidated";
    case MissCause::unreadable:
      return "unreadable";
    case MissCause::unavailable:
      return "store-unavailable";
    default:
      return "";
  }
}

}  // namespace

CacheNote note_of(const Answer& answer) {
  return CacheNote{
      .outcome = outcome_of(answer.cause),
      .stored = answer.stored && answer.source != Source::store,
      .collapsed = answer.source == Source::coalesced,
      .ttl = answer.stored || answer.source == Source::store || answer.source == Source::stale
                 ? std::optional(answer.fresh_left)
                 : std::nullopt,
      .detail = detail_of(answer)};
}

CacheNote merge_notes(std::span<const CacheNote> notes) {
  if (notes.empty()) {
    return {};
  }
  CacheNote merged = notes.front();
  for (const CacheNote& note : notes.subspan(1)) {
    if (note.outcome != merged.outcome) {
      const bool any_hit = note.outcome == CacheOutcome::hit ||
                           merged.outcome == CacheOutcome::hit ||
                           merged.outcome == CacheOutcome::partial;
      merged.outcome = any_hit ? CacheOutcome::partial : std::max(note.outcome, merged.outcome);
    }
    merged.stored = merged.stored || note.stored;
    merged.collapsed = merged.collapsed || note.collapsed;
    merged.ttl =
        merged.ttl && note.ttl ? std::optional(std::min(*merged.ttl, *note.ttl)) : std::nullopt;
    merged.detail = merged.detail.empty() ? note.detail : merged.detail;
  }
  return merged;
}

std::string write_cache_status(const CacheNote& note) {
  std::string text = "larder";
  if (note.outcome == CacheOutcome::hit) {
    text.append("; hit");
  }
  if (const std::string_view token = forward_token(note.outcome); !token.empty()) {
    text.append("; fwd=").append(token);
  }
  if (note.stored) {
    text.append("; stored");
  }
  if (note.collapsed) {
    text.append("; collapsed");
  }
  if (note.ttl) {
    fmt::format_to(std::back_inserter(text), "; ttl={}",
                   std::chrono::floor<std::chrono::seconds>(*note.ttl).count());
  }
  const std::string_view detail = note.outcome == CacheOutcome::local ? "local" : note.detail;
  if (!detail.empty()) {
    text.append("; detail=").append(detail);
  }
  return text;
}

std::string_view to_string(CacheOutcome outcome) noexcept {
  switch (outcome) {
    case CacheOutcome::local:
      return "local";
    case CacheOutcome::hit:
      return "hit";
    case CacheOutcome::uri_miss:
      return "miss";
    case CacheOutcome::stale:
      return "stale";
    case CacheOutcome::partial:
      return "partial";
    case CacheOutcome::bypass:
      return "bypass";
  }
  std::unreachable();
}

}  // namespace larder::gateway
