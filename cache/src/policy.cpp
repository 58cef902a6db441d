#include <larder/cache/policy.hpp>

#include <utility>

namespace larder {

std::string_view to_string(Source source) noexcept {
  switch (source) {
    case Source::store:
      return "store";
    case Source::load:
      return "load";
    case Source::coalesced:
      return "coalesced";
    case Source::stale:
      return "stale";
  }
  std::unreachable();
}

std::string_view to_string(MissCause cause) noexcept {
  switch (cause) {
    case MissCause::none:
      return "none";
    case MissCause::absent:
      return "absent";
    case MissCause::expired:
      return "expired";
    case MissCause::invalidated:
      return "invalidated";
    case MissCause::unreadable:
      return "unreadable";
    case MissCause::unavailable:
      return "unavailable";
  }
  std::unreachable();
}

}  // namespace larder
