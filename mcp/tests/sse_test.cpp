#include <larder/mcp/sse.hpp>

#include <vector>

#include <gtest/gtest.h>

namespace larder::mcp {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kEventBytesMax = 1U << 16;

struct Seen {
  std::string name;
  std::string data;
  std::string id;

  friend bool operator==(const Seen&, const Seen&) = default;
};

std::vector<Seen> take_all(SseParser& parser) {
  std::vector<Seen> seen;
  while (auto event = parser.next()) {
    seen.push_back({event->name, event->data, event->id});
  }
  return seen;
}

std::vector<Seen> parse(std::string_view stream) {
  SseParser parser(kEventBytesMax);
  EXPECT_TRUE(parser.feed(stream));
  return take_all(parser);
}

constexpr std::string_view kEveryFeature =
    "\xEF\xBB\xBF: a comment\n"
    "data: one\r\n\r\n"
    "id: 7\revent: ping\rdata:two\rdata:  lines\r\r"
    "data\n\n"
    "event: lost\n\n"
    "id\nretry: 250\nunknown: x\ndata: {\"a\":\"b: c\"}\n\n"
    "data: \u00e9\r\n\n"
    "data: never ended";

std::vector<Seen> every_feature() {
  return {{"message", "one", ""},
          {"ping", "two\n lines", "7"},
          {"message", "", "7"},
          {"message", R"({"a":"b: c"})", ""},
          {"message", "\u00e9", ""}};
}

TEST(SseParser, reads_what_the_standard_allows) {
  EXPECT_EQ(parse(kEveryFeature), every_feature());
}

TEST(SseParser, gives_the_same_events_wherever_the_bytes_are_split) {
  for (std::size_t first = 0; first <= kEveryFeature.size(); ++first) {
    for (std::size_t second = first; second <= kEveryFeature.size(); ++second) {
      SseParser parser(kEventBytesMax);
      EXPECT_TRUE(parser.feed(kEveryFeature.substr(0, first)));
      EXPECT_TRUE(parser.feed(kEveryFeature.substr(first, second - first)));
      EXPECT_TRUE(parser.feed(kEveryFeature.substr(second)));
      EXPECT_EQ(take_all(parser), every_feature()) << first << " " << second;
      EXPECT_EQ(parser.retry_ms(), 250U);
    }
  }
}

TEST(SseParser, gives_an_event_as_soon_as_its_empty_line_is_there) {
  SseParser parser(kEventBytesMax);
  ASSERT_TRUE(parser.feed("data: a\r\n"));
  EXPECT_EQ(parser.next(), std::nullopt);
  ASSERT_TRUE(parser.feed("\r"));
  EXPECT_TRUE(parser.next());
  ASSERT_TRUE(parser.feed("\ndata: b\n\n"));
  EXPECT_EQ(take_all(parser), (std::vector<Seen>{{"message", "b", ""}}));
}

TEST(SseParser, keeps_a_byte_order_mark_that_is_not_at_the_start) {
  EXPECT_EQ(parse("data: a\n\n\xEF\xBB\xBF"
                  "data: b\n\n"),
            (std::vector<Seen>{{"message", "a", ""}}));
}

TEST(SseParser, ignores_ids_with_a_nul_and_retries_that_are_no_number) {
  SseParser parser(kEventBytesMax);
  ASSERT_TRUE(parser.feed("id: 1\nid: a\0b\nretry: 5x\nretry: -1\nretry:\ndata: x\n\n"sv));
  EXPECT_EQ(take_all(parser), (std::vector<Seen>{{"message", "x", "1"}}));
  EXPECT_EQ(parser.retry_ms(), std::nullopt);
  ASSERT_TRUE(parser.feed("retry: 99999999999999999999999999\n"));
  EXPECT_EQ(parser.retry_ms(), std::nullopt);
}

TEST(SseParser, gives_the_empty_event_that_primes_a_stream) {
  EXPECT_EQ(parse("id: s-1\ndata:\n\n"), (std::vector<Seen>{{"message", "", "s-1"}}));
}

TEST(SseParser, refuses_an_event_over_its_limit_and_stays_refusing) {
  for (const std::string_view stream :
       {"data: 0123456789", "data: 01234\ndata: 01234\ndata: 0", ": a long comment without end"}) {
    SseParser parser(16);
    ASSERT_TRUE(parser.feed("data: ok\n\n"));
    const auto fed = parser.feed(std::string(stream) + "01234567");
    ASSERT_FALSE(fed) << stream;
    EXPECT_EQ(fed.error().code(), Errc::too_large);
    EXPECT_EQ(fed.error().context(), "event stream: an event exceeds 16 bytes");
    EXPECT_FALSE(parser.feed("\n\ndata: a\n\n"));
    EXPECT_EQ(take_all(parser), (std::vector<Seen>{{"message", "ok", ""}}));
  }
}

TEST(SseParser, bounds_an_event_made_of_empty_data_lines) {
  SseParser parser(64);
  Result<void> fed;
  for (int i = 0; i < 100 && fed; ++i) {
    fed = parser.feed("data\n");
  }
  EXPECT_FALSE(fed);
}

}  // namespace
}  // namespace larder::mcp
