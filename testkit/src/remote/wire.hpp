// How arguments and answers of the port's verbs are written as bytes. Numbers take eight
// bytes, little end first; texts and lists their size first.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <larder/backend.hpp>

namespace larder::testkit::wire {

enum class Verb : std::uint8_t {
  hello,
  get,
  put,
  erase,
  touch,
  read_or_lease,
  fill,
  renew,
  release,
  add,
  take,
  epochs,
  bump,
  append,
  read_after,
  publish,
  subscribe,
  watch,
  drop,  // ends the stream of that id
  scan,
  ping,
  notice,  // from the server: one of the stream of that id
};

// What stands before every body.
struct Head {
  static constexpr std::size_t kBytes = 17;

  std::uint64_t body_bytes = 0;
  std::uint64_t id = 0;  // of the request that it is or answers
  Verb verb = Verb::hello;

  [[nodiscard]] std::array<char, kBytes> bytes() const {
    std::array<char, kBytes> text{};
    std::memcpy(text.data(), &body_bytes, 8);
    std::memcpy(text.data() + 8, &id, 8);
    text[16] = static_cast<char>(verb);
    return text;
  }
  [[nodiscard]] static Head of(const std::array<char, kBytes>& text) {
    Head head;
    std::memcpy(&head.body_bytes, text.data(), 8);
    std::memcpy(&head.id, text.data() + 8, 8);
    head.verb = static_cast<Verb>(text[16]);
    return head;
  }
};

// Thrown by Reader; caught where the connection is given up.
struct BadFrame : std::runtime_error {
  BadFrame() : std::runtime_error("a frame that is not what it claims to be") {}
};

class Writer {
 public:
  void number(std::uint64_t value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_.append(value);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    std::memcpy(&value, run(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view text() { return run(number()); }
  // A count of things that take at least a byte each.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > bytes_.size()) {
      throw BadFrame();
    }
    return value;
  }

 private:
  std::string_view run(std::uint64_t size) {
    if (size > bytes_.size()) {
      throw BadFrame();
    }
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }

  std::string_view bytes_;
};

// write(writer, value) and read<T>(reader) are overloaded below; Type picks the overload.
template <typename T>
struct Type {};

template <typename T>
[[nodiscard]] T read(Reader& from) {
  return take(from, Type<T>());
}

template <typename T>
concept Number = std::is_integral_v<T> || std::is_enum_v<T>;

template <Number T>
void write(Writer& to, T value) {
  to.number(static_cast<std::uint64_t>(value));
}
template <Number T>
T take(Reader& from, Type<T>) {
  return static_cast<T>(from.number());
}

inline void write(Writer& to, milliseconds value) { write(to, value.count()); }
inline milliseconds take(Reader& from, Type<milliseconds>) {
  return milliseconds(read<milliseconds::rep>(from));
}

inline void write(Writer& to, const std::string& value) { to.text(value); }
inline std::string take(Reader& from, Type<std::string>) { return std::string(from.text()); }

inline void write(Writer& to, const Bytes& value) { to.text(value.view()); }
inline Bytes take(Reader& from, Type<Bytes>) { return Bytes::copy_of(from.text()); }

inline void write(Writer& to, const Key& value) { to.text(value.text()); }
inline Key take(Reader& from, Type<Key>) {
  auto key = Key::parse(from.text());
  if (!key) {
    throw BadFrame();
  }
  return std::move(*key);
}

template <typename T>
void write(Writer& to, std::span<const T> values);
template <typename T>
void write(Writer& to, const std::vector<T>& values) {
  write(to, std::span<const T>(values));
}
template <typename T>
void write(Writer& to, std::span<const T> values) {
  write(to, values.size());
  for (const T& value : values) {
    write(to, value);
  }
}
template <typename T>
std::vector<T> take(Reader& from, Type<std::vector<T>>) {
  std::vector<T> values;
  for (std::size_t left = from.count(); left > 0; --left) {
    values.push_back(read<T>(from));
  }
  return values;
}

template <typename T>
void write(Writer& to, const std::optional<T>& value) {
  write(to, value.has_value());
  if (value) {
    write(to, *value);
  }
}
template <typename T>
std::optional<T> take(Reader& from, Type<std::optional<T>>) {
  return read<bool>(from) ? std::optional<T>(read<T>(from)) : std::nullopt;
}

inline void write(Writer& to, const Error& error) {
  write(to, error.code());
  write(to, error.advice());
  write(to, error.context());
}
inline Error take(Reader& from, Type<Error>) {
  const Errc code = read<Errc>(from);
  const Advice advice = read<Advice>(from);
  return Error(code, advice, read<std::string>(from));
}

template <typename T>
void write(Writer& to, const Result<T>& result) {
  write(to, result.has_value());
  if (!result) {
    write(to, result.error());
  } else if constexpr (!std::is_void_v<T>) {
    write(to, *result);
  }
}
template <typename T>
Result<T> take(Reader& from, Type<Result<T>>) {
  if (!read<bool>(from)) {
    return std::unexpected(read<Error>(from));
  }
  if constexpr (std::is_void_v<T>) {
    return Result<void>();
  } else {
    return read<T>(from);
  }
}

// ---- the port's own types -------------------------------------------------------------

void write(Writer& to, const Entry& entry);
Entry take(Reader& from, Type<Entry>);
void write(Writer& to, const Found& found);
Found take(Reader& from, Type<Found>);
void write(Writer& to, const PutItem& item);
PutItem take(Reader& from, Type<PutItem>);
void write(Writer& to, const PutOutcome& outcome);
PutOutcome take(Reader& from, Type<PutOutcome>);
void write(Writer& to, const TouchItem& item);
TouchItem take(Reader& from, Type<TouchItem>);
void write(Writer& to, const LeaseRequest& request);
LeaseRequest take(Reader& from, Type<LeaseRequest>);
void write(Writer& to, const LeaseAnswer& answer);
LeaseAnswer take(Reader& from, Type<LeaseAnswer>);
void write(Writer& to, const LeaseHold& lease);
LeaseHold take(Reader& from, Type<LeaseHold>);
void write(Writer& to, const Fill& fill);
Fill take(Reader& from, Type<Fill>);
void write(Writer& to, const Addition& addition);
Addition take(Reader& from, Type<Addition>);
void write(Writer& to, const QuotaRequest& request);
QuotaRequest take(Reader& from, Type<QuotaRequest>);
void write(Writer& to, const QuotaAnswer& answer);
QuotaAnswer take(Reader& from, Type<QuotaAnswer>);
void write(Writer& to, const EventPosition& position);
EventPosition take(Reader& from, Type<EventPosition>);
void write(Writer& to, const LogBounds& bounds);
LogBounds take(Reader& from, Type<LogBounds>);
void write(Writer& to, const EventPage& page);
EventPage take(Reader& from, Type<EventPage>);
void write(Writer& to, const Notice& notice);
Notice take(Reader& from, Type<Notice>);
void write(Writer& to, const Change& change);
Change take(Reader& from, Type<Change>);
void write(Writer& to, const ScanRequest& request);
ScanRequest take(Reader& from, Type<ScanRequest>);
void write(Writer& to, const ScanPage& page);
ScanPage take(Reader& from, Type<ScanPage>);
void write(Writer& to, const Capabilities& can);
Capabilities take(Reader& from, Type<Capabilities>);

template <typename... Values>
[[nodiscard]] std::string pack(const Values&... values) {
  Writer to;
  (write(to, values), ...);
  return to.take();
}

[[nodiscard]] inline std::string frame(std::uint64_t id, Verb verb, std::string_view body) {
  const auto head = Head{.body_bytes = body.size(), .id = id, .verb = verb}.bytes();
  return std::string(head.data(), head.size()).append(body);
}

}  // namespace larder::testkit::wire
