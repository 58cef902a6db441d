// How a TypedCache writes its values, and the formats that come with it.
//
// A format has a name and a version, and both stand in front of every value it wrote
// (docs/formats/typed_values.md). Bytes of another name or version are never given to decode:
// two programs, or two releases of one, that use a key for different types load anew and
// never misread each other. Change the version with every change of what encode writes.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <larder/bytes.hpp>
#include <larder/error.hpp>

namespace larder {

struct FormatId {
  static constexpr std::size_t kNameBytesMax = 64;

  std::string_view name;  // 1 to 64 bytes; lives as long as the format
  std::uint32_t version = 1;
};

// Copied into every load, so cheap to copy; any number of threads may use one copy.
//   id()                what it writes
//   encode(value, out)  appends to `out`
//   decode(bytes)       an error, of any code, for bytes that are no such value
// An exception of either counts as an error.
template <typename F, typename T>
concept FormatFor = std::copy_constructible<F> &&
                    requires(const F& format, const T& value, std::string& out, const Bytes& in) {
                      { format.id() } -> std::same_as<FormatId>;
                      { format.encode(value, out) } -> std::same_as<Result<void>>;
                      { format.decode(in) } -> std::same_as<Result<T>>;
                    };

// A std::string as it is.
struct TextFormat {
  [[nodiscard]] static FormatId id() noexcept { return {.name = "text", .version = 1}; }
  [[nodiscard]] static Result<void> encode(const std::string& value, std::string& out) {
    out.append(value);
    return {};
  }
  [[nodiscard]] static Result<std::string> decode(const Bytes& bytes) {
    return std::string(bytes.view());
  }
};

// The memory of a struct, padding included, for programs of one layout and byte order. The
// name says which struct: "weather.forecast".
template <typename T>
  requires std::is_trivially_copyable_v<T> && std::default_initializable<T>
class RawFormat {
 public:
  RawFormat(std::string_view name, std::uint32_t version)
      : name_(std::string(name) + (std::endian::native == std::endian::little ? "/le" : "/be")),
        version_(version) {}

  [[nodiscard]] FormatId id() const noexcept { return {.name = name_, .version = version_}; }
  [[nodiscard]] Result<void> encode(const T& value, std::string& out) const {
    out.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return {};
  }
  [[nodiscard]] Result<T> decode(const Bytes& bytes) const {
    if (bytes.size() != sizeof(T)) {
      return fail(Errc::corrupt, name_ + ": " + std::to_string(bytes.size()) + " bytes, not " +
                                     std::to_string(sizeof(T)));
    }
    T value;
    std::memcpy(&value, bytes.view().data(), sizeof(T));
    return value;
  }

 private:
  std::string name_;
  std::uint32_t version_;
};

// Whether the id keeps FormatId's rules; invalid_argument naming the field.
[[nodiscard]] Result<void> check_format(FormatId id);

// What stands in front of a value written in the format. `id` has been checked.
[[nodiscard]] std::string typed_head(FormatId id);

// The bytes behind the head, sharing their storage; Errc::corrupt where they were not written
// in this format.
[[nodiscard]] Result<Bytes> typed_body(FormatId id, const Bytes& stored);

}  // namespace larder
