// Whatever a server may say, cut wherever the network likes.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <larder/redis/resp_parser.hpp>

#include "show.hpp"

namespace larder::redis {
namespace {

// A value as sent, and as it is to be seen.
struct Said {
  std::string bytes;
  std::string shown;
};

Said scalar() {
  static const std::array<Said, 12> kFixed{{{"+OK\r\n", "simple'OK'"},
                                            {"_\r\n", "null"},
                                            {"$-1\r\n", "null"},
                                            {"*-1\r\n", "null"},
                                            {"#t\r\n", "boolean't'"},
                                            {",-inf\r\n", "real'-inf'"},
                                            {",1e9\r\n", "real'1e9'"},
                                            {"(123\r\n", "big_number'123'"},
                                            {"-MOVED 1 a:1\r\n", "error'MOVED 1 a:1'"},
                                            {"=6\r\ntxt:ab\r\n", "verbatim'ab'"},
                                            {"!3\r\nE\r\n\r\n", "error'E\r\n'"},
                                            {":-1\r\n", "integer'-1'"}}};
  if (*rc::gen::arbitrary<bool>()) {
    return *rc::gen::elementOf(kFixed);
  }
  const auto text = *rc::gen::arbitrary<std::string>();
  return {"$" + std::to_string(text.size()) + "\r\n" + text + "\r\n", "bulk'" + text + "'"};
}

Said value(int depth) {
  const int choice = depth == 0 ? 0 : *rc::gen::inRange(0, 6);
  if (choice < 3) {
    return scalar();
  }
  static const std::array<std::pair<char, std::string_view>, 3> kTypes{
      {{'*', "array"}, {'%', "map"}, {'~', "set"}}};
  const auto [type, name] = kTypes.at(static_cast<std::size_t>(choice - 3));
  const int count = *rc::gen::inRange(0, 4);
  Said all{type + std::to_string(count) + "\r\n", std::string(name) + "("};
  for (int i = 0; i < (type == '%' ? 2 * count : count); ++i) {
    const Said element = value(depth - 1);
    if (*rc::gen::inRange(0, 8) == 0) {
      all.bytes += "|1\r\n+skipped\r\n" + value(depth - 1).bytes;
    }
    all.bytes += element.bytes;
    all.shown += (i > 0 ? " " : "") + element.shown;
  }
  all.shown += ")";
  return all;
}

std::vector<std::string> parse_in_pieces(std::string_view bytes) {
  RespParser parser;
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    const std::size_t size = std::min(*rc::gen::inRange<std::size_t>(1, 40), bytes.size());
    parser.feed(bytes.substr(0, size));
    bytes.remove_prefix(size);
    auto frame = parser.next();
    for (; frame && *frame; frame = parser.next()) {
      frames.push_back(show(**frame));
    }
    if (!frame) {
      frames.push_back(frame.error().message());
      break;
    }
  }
  return frames;
}

RC_GTEST_PROP(RespProperty, all_frames_come_whole_however_they_are_cut, ()) {
  std::string bytes;
  std::vector<std::string> expected;
  for (int frames = *rc::gen::inRange(1, 6); frames > 0; --frames) {
    const Said said = value(3);
    bytes += said.bytes;
    expected.push_back(said.shown);
  }
  RC_ASSERT(parse_in_pieces(bytes) == expected);
}

RC_GTEST_PROP(RespProperty, a_damaged_stream_fails_alike_however_it_is_cut, ()) {
  std::string bytes = value(3).bytes + value(2).bytes;
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = *rc::gen::arbitrary<char>();
  RC_ASSERT(parse_in_pieces(bytes) == parse_in_pieces(bytes));
}

}  // namespace
}  // namespace larder::redis
