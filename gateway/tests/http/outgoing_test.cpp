#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "http/outgoing.hpp"

namespace larder::gateway {
namespace {

// Writes `step` bytes of each window at a time, as a slow socket would.
std::string written(std::string_view head, const std::vector<Bytes>& parts, std::size_t step) {
  Outgoing outgoing;
  outgoing.start(head, parts);
  std::string out;
  while (!outgoing.done()) {
    std::string window;
    for (const auto& piece : outgoing.window()) {
      window.append(static_cast<const char*>(piece.data()), piece.size());
    }
    const auto count = std::min(step, window.size());
    out.append(window, 0, count);
    outgoing.advance(count);
  }
  return out;
}

TEST(Outgoing, sends_head_and_parts_in_order_whatever_the_socket_takes) {
  const std::vector<Bytes> parts{Bytes("abc"), Bytes(), Bytes("d"), Bytes("efgh")};
  for (std::size_t step = 1; step < 16; ++step) {
    EXPECT_EQ(written("HEAD", parts, step), "HEADabcdefgh") << step;
  }
}

TEST(Outgoing, sends_more_parts_than_fit_into_one_write) {
  std::vector<Bytes> parts;
  std::string all;
  for (int i = 0; i < 100; ++i) {
    parts.push_back(Bytes::copy_of(std::to_string(i)));
    all += std::to_string(i);
  }
  for (const std::size_t step : {1UZ, 7UZ, 1'000UZ}) {
    EXPECT_EQ(written("H", parts, step), "H" + all) << step;
  }
}

TEST(Outgoing, sends_a_head_alone) { EXPECT_EQ(written("HEAD", {}, 100), "HEAD"); }

TEST(Outgoing, skips_empty_parts_at_both_ends) {
  EXPECT_EQ(written("H", {Bytes(), Bytes("a"), Bytes()}, 100), "Ha");
}

}  // namespace
}  // namespace larder::gateway
