#include <larder/error.hpp>

#include <utility>

namespace larder {
namespace {

Advice implied_advice(Errc code) noexcept {
  switch (code) {
    case Errc::unavailable:
    case Errc::timeout:
    case Errc::overloaded:
    case Errc::storage_full:
      return Advice::later;
    default:
      return Advice::never;
  }
}

}  // namespace

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_argument:
      return "invalid_argument";
    case Errc::unsupported:
      return "unsupported";
    case Errc::too_large:
      return "too_large";
    case Errc::out_of_range:
      return "out_of_range";
    case Errc::unavailable:
      return "unavailable";
    case Errc::timeout:
      return "timeout";
    case Errc::overloaded:
      return "overloaded";
    case Errc::storage_full:
      return "storage_full";
    case Errc::access_denied:
      return "access_denied";
    case Errc::corrupt:
      return "corrupt";
    case Errc::protocol_error:
      return "protocol_error";
    case Errc::load_failed:
      return "load_failed";
    case Errc::cancelled:
      return "cancelled";
    case Errc::closed:
      return "closed";
  }
  std::unreachable();
}

std::string_view to_string(Advice advice) noexcept {
  switch (advice) {
    case Advice::never:
      return "never";
    case Advice::later:
      return "later";
    case Advice::unknown_outcome:
      return "unknown_outcome";
  }
  std::unreachable();
}

Error::Error(Errc code, std::string context)
    : Error(code, implied_advice(code), std::move(context)) {}

Error::Error(Errc code, Advice advice, std::string context)
    : code_(code),
      advice_(advice),
      context_(std::make_shared<const std::string>(std::move(context))) {}

std::string Error::message() const {
  std::string text(to_string(code_));
  if (!context_->empty()) {
    text.append(": ").append(*context_);
  }
  return text;
}

Error Error::within(std::string_view where) const {
  std::string context(where);
  context.append(": ").append(*context_);
  return Error(code_, advice_, std::move(context));
}

}  // namespace larder
