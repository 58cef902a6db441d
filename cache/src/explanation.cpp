#include <string>
#include <string_view>
#include <utility>

#include <larder/cache/cache.hpp>

namespace larder {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Keys hold any bytes; people get "\x00" for those that would spoil a terminal.
std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      text.push_back(c);
    } else {
      text.append("\\x");
      text.push_back(kHexDigits[byte >> 4]);
      text.push_back(kHexDigits[byte & 0xf]);
    }
  }
  return text;
}

std::string hex(Epoch epoch) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) {
    text.push_back(kHexDigits[(static_cast<std::uint64_t>(epoch) >> shift) & 0xf]);
  }
  return text;
}

std::string in_ms(milliseconds span) { return std::to_string(span.count()) + " ms"; }

std::string verdict(MissCause cause) {
  return cause == MissCause::none ? "hit" : std::string("miss, ").append(to_string(cause));
}

std::string describe(const Found& found) {
  const PackedEntry& entry = *found.entry;
  std::string text = entry.presence() == Presence::absence
                         ? std::string("a known absence")
                         : "a value of " + std::to_string(entry.value().size()) + " bytes";
  text += found.is_fresh() ? ", fresh for " + in_ms(found.fresh_left()) + ", then stale for " +
                                 in_ms(entry.life().stale)
                           : ", stale for another " + in_ms(found.life_left);
  if (entry.load_cost() > milliseconds(0)) {
    text += ", loaded in " + in_ms(entry.load_cost());
  }
  return text;
}

std::string describe(const Explanation::TagState& tag) {
  std::string text = printable(tag.tag.text()) + " at epoch " + hex(tag.stored);
  text += tag.stored == tag.current ? ", current" : ", outdated: now " + hex(tag.current);
  return text;
}

std::string_view describe(LeaseSight lease) {
  switch (lease) {
    case LeaseSight::none:
      return "no lease";
    case LeaseSight::waiting:
      return "another node has the lease";
    case LeaseSight::held:
      return "this node has the lease";
    case LeaseSight::lost:
      return "the lease was lost, so the value will not be stored";
  }
  std::unreachable();
}

std::string describe(const Explanation& explained) {
  using enum Explanation::Next;
  switch (*explained.next) {
    case hit:
      return "a hit";
    case hit_and_refresh:
      return "a hit, which starts a load with a chance of " +
             std::to_string(explained.early_refresh_chance);
    case stale_at_once:
      return "the stale entry at once, renewed in the background";
    case join:
      return "the load that runs here";
    case remembered:
      return explained.found ? "the stale entry, or the remembered failure"
                             : "the remembered failure";
    case load:
      return "a load";
  }
  std::unreachable();
}

}  // namespace

std::string Explanation::text() const {
  std::string text = "key:   " + printable(key) + "\n";
  text += "get:   " + verdict(cause) + "\n";
  text += "entry: " + (found ? describe(*found) : std::string("none")) + "\n";
  for (const TagState& tag : tags) {
    text += "tag:   " + describe(tag) + "\n";
  }
  text += "load:  ";
  if (loading_here) {
    text.append("running here, ").append(std::to_string(waiters)).append(" waiting, ");
    text.append(describe(lease));
  } else {
    text += "none here";
  }
  text += "\n";
  if (remembered_failure) {
    text += "error: " + remembered_failure->message() + ", a moment ago\n";
  }
  if (next) {
    text += "next:  " + describe(*this);
    text += soft_deadline ? ", the stale entry after " + in_ms(*soft_deadline) + "\n" : "\n";
  }
  return text;
}

}  // namespace larder
