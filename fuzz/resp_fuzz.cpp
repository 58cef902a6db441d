// Redis replies: the first byte says where the rest is split in two; the frames must be those
// of the bytes in one piece, within the limits, and made of bytes that were received.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <larder/redis/resp_parser.hpp>
#include <larder/redis/server_error.hpp>

#include "require.hpp"

namespace {

using larder::fuzz::require;
using larder::redis::Kind;
using larder::redis::RespLimits;
using larder::redis::RespParser;
using larder::redis::Value;

const RespLimits kLimits{.depth_max = 4,
                         .elements_max = 64,
                         .bulk_bytes_max = 256,
                         .frame_bytes_max = 1024,
                         .line_bytes_max = 64};

// Asks every question; wrong ones must be answered with an error and nothing else.
void ask(const Value& value) {
  (void)value.as_text();
  (void)value.as_optional_text();
  (void)value.as_boolean();
  (void)value.as_ok();
  (void)value.as_list(1);
  (void)value.as_map();
  (void)value.find("k");
  if (value.kind() == Kind::integer) {
    require(value.as_integer().has_value(), "an integer is a number");
  }
  if (value.kind() == Kind::integer || value.kind() == Kind::real) {
    require(value.as_real().has_value(), "a real is a number");
  }
  if (value.is_error()) {
    require(!value.as_integer(), "an error is no answer");
    (void)larder::redis::parse_redirect(value.text());
  }
}

// Writes down all of a value; answers how many values it is made of.
std::size_t write(const Value& value, std::size_t depth, std::string& to) {
  require(depth <= kLimits.depth_max, "no deeper than depth_max");
  require(value.text().size() <= kLimits.bulk_bytes_max, "no string above bulk_bytes_max");
  require(depth == 0 || value.kind() != Kind::push, "a push is no element");
  ask(value);
  to.append(to_string(value.kind())).append("'").append(value.text()).append("'(");
  std::size_t count = 1;
  std::size_t elements = 0;
  for (const Value element : value) {
    count += write(element, depth + 1, to);
    ++elements;
  }
  require(elements == value.size(), "an aggregate has as many elements as it says");
  to.append(")");
  return count;
}

// Takes the whole frames out of the parser; false when it has failed.
bool take(RespParser& parser, std::vector<std::string>& frames) {
  while (true) {
    const auto frame = parser.next();
    if (!frame) {
      frames.push_back(frame.error().message());
      return false;
    }
    if (!*frame) {
      return true;
    }
    std::string text;
    require(write(**frame, 0, text) <= kLimits.elements_max, "the elements are within the limit");
    require(text.size() <= 4 * kLimits.frame_bytes_max, "the bytes are within the limit");
    frames.push_back(std::move(text));
  }
}

std::vector<std::string> parse(std::string_view bytes, std::size_t split) {
  RespParser parser(kLimits);
  std::vector<std::string> frames;
  for (const std::string_view part : {bytes.substr(0, split), bytes.substr(split)}) {
    parser.feed(part);
    if (!take(parser, frames)) {
      break;
    }
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = parse(bytes, bytes.size());
  require(whole == parse(bytes, data[0] * bytes.size() / 255), "a split changes nothing");
  return 0;
}
