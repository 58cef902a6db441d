#include <larder/redis/command.hpp>

#include <array>
#include <charconv>

#include "encode.hpp"

namespace larder::redis {
namespace {

constexpr std::size_t kDigitsMax = 20;

template <typename Number>
std::string_view digits(std::array<char, kDigitsMax>& room, Number number) noexcept {
  const auto end = std::to_chars(room.data(), room.data() + room.size(), number).ptr;
  return {room.data(), end};
}

}  // namespace

void append_header(std::string& to, char type, std::size_t number) {
  std::array<char, kDigitsMax> room;
  to.push_back(type);
  to.append(digits(room, number)).append(kLineEnd);
}

void append_text(std::string& to, std::string_view text) {
  append_header(to, '$', text.size());
  to.append(text).append(kLineEnd);
}

std::string fence_text(std::uint64_t number) { return "larder:" + std::to_string(number); }

void Arg::append_to(std::string& to) const {
  std::array<char, kDigitsMax> room;
  switch (form_) {
    case Form::text:
      return append_text(to, text_);
    case Form::signed_number:
      return append_text(to, digits(room, static_cast<std::int64_t>(number_)));
    case Form::unsigned_number:
      return append_text(to, digits(room, number_));
  }
}

void encode(std::string& to, std::span<const Arg> arguments) {
  append_header(to, '*', arguments.size());
  for (const Arg& argument : arguments) {
    argument.append_to(to);
  }
}

}  // namespace larder::redis
