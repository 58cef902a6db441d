// Errors as values.
//
// Nothing throws across a port. A function that can fail returns Result<T>; a miss is
// not a failure but a value. An Error says three things: its cause (Errc), what the
// caller may do about it (Advice), and one sentence of context naming the field, key or
// peer concerned. The context never holds a secret or a stored value.
//
// Error is cheap to copy (the context is shared and immutable) and may be shared between
// threads: every waiter of a failed load receives the same one.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

// The cause, never the verb that met it. docs/errors lists what users see for each.
enum class Errc : std::uint8_t {
  invalid_argument,  // the caller's value breaks a documented rule; the context names the field
  unsupported,       // the store does not do this verb; Capabilities said so
  too_large,         // over a documented size bound
  out_of_range,      // the arithmetic result does not fit; nothing was changed
  unavailable,       // the store or peer cannot be reached now
  timeout,           // the deadline passed first
  overloaded,        // a named bound (queue, concurrency) is full
  storage_full,      // the store refuses writes for want of room
  access_denied,     // credentials refused
  corrupt,           // stored or received bytes are not what they claim to be
  protocol_error,    // a peer broke its protocol
  load_failed,       // the caller's loader failed or threw
  cancelled,         // the caller cancelled
  closed,            // close() has been called
};

// What the caller may do.
enum class Advice : std::uint8_t {
  never,            // the same call will fail again
  later,            // nothing was done; the same call may succeed later
  unknown_outcome,  // it may or may not have been done: never repeat it blindly
};

// The enumerator's own name, for logs and metrics. Valid for the life of the program.
[[nodiscard]] std::string_view to_string(Errc code) noexcept;
[[nodiscard]] std::string_view to_string(Advice advice) noexcept;

class Error {
 public:
  // The advice defaults to what the cause implies: `later` for unavailable, timeout,
  // overloaded and storage_full, `never` for the rest.
  Error(Errc code, std::string context);
  Error(Errc code, Advice advice, std::string context);

  [[nodiscard]] Errc code() const noexcept { return code_; }
  [[nodiscard]] Advice advice() const noexcept { return advice_; }
  [[nodiscard]] const std::string& context() const noexcept { return *context_; }

  // "timeout: weather: no answer within 30s"
  [[nodiscard]] std::string message() const;

  // The same error with "where: " in front of its context.
  [[nodiscard]] Error within(std::string_view where) const;

 private:
  Errc code_;
  Advice advice_;
  std::shared_ptr<const std::string> context_;
};

template <typename T>
using Result = std::expected<T, Error>;

// One result for each item of a batch call, in the order of the items. Its size always
// equals the number of items; a failure of the whole call stands in every place.
template <typename T>
using Batch = std::vector<Result<T>>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string context) {
  return std::unexpected<Error>(Error(code, std::move(context)));
}

// A batch of `count` copies of one error.
template <typename T>
[[nodiscard]] Batch<T> fail_all(std::size_t count, const Error& error) {
  return Batch<T>(count, std::unexpected<Error>(error));
}

}  // namespace larder
