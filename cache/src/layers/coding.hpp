// Coding: the bytes of a coded value (docs/formats/envelope.md). Pure; knows no store.
#pragma once

#include <string>
#include <string_view>

#include <larder/cache/codec.hpp>
#include <larder/entry.hpp>

namespace larder {

// Any thread.
class Coding {
 public:
  // Most that coding adds to a value.
  static constexpr std::size_t kOverhead = 2 + 4 + 24 + 16;

  // The options have been checked. `value_bytes_max`: of a value as callers see it.
  Coding(CodecOptions options, std::size_t value_bytes_max);

  // Codec and length of a value as it was put, or as it is stored.
  struct Coded {
    Bytes value;
    Codec codec = Codec::none;
    enum class Packing : std::uint8_t { not_tried, too_little, packed } packing{};
  };
  // What is stored for the entry. Shares the entry's value where that stays as it is.
  [[nodiscard]] Coded encode(const Entry& entry) const;

  // What a value is bound to.
  struct Place {
    std::string_view key_text;
    Presence presence = Presence::value;
  };
  // Of a stored value; corrupt if it is not what we would have stored.
  [[nodiscard]] Result<Coded> decode(const Place& place, Codec codec, const Bytes& stored) const;

  // Whether decode() may be left out: the value is as it was put, and may be.
  [[nodiscard]] bool is_plain(Codec codec) const noexcept {
    return codec != Codec::coded && options_.keys.empty();
  }
  [[nodiscard]] bool encrypts() const noexcept { return !options_.keys.empty(); }

 private:
  [[nodiscard]] Coded::Packing compress(std::string_view value, std::string& out) const;
  [[nodiscard]] Result<std::string> decompress(std::string_view frame) const;
  void seal(std::string& coded, const Place& place, std::string_view payload) const;
  [[nodiscard]] Result<std::string> unseal(std::string_view head, std::string_view sealed,
                                           const Place& place) const;

  CodecOptions options_;
  std::size_t value_bytes_max_;
};

}  // namespace larder
