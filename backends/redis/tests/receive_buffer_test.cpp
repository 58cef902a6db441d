#include <larder/redis/receive_buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

namespace larder::redis {
namespace {

void receive(ReceiveBuffer& buffer, std::string_view bytes) {
  const auto room = buffer.room();
  ASSERT_GE(room.size(), bytes.size());
  std::ranges::copy(bytes, room.begin());
  buffer.commit(bytes.size());
}

TEST(ReceiveBuffer, keeps_the_bytes_in_one_piece_while_it_grows) {
  ReceiveBuffer buffer;
  std::string all;
  for (int i = 0; i < 100; ++i) {
    const std::string piece(10'000, static_cast<char>('a' + i % 26));
    receive(buffer, piece);
    all += piece;
    EXPECT_GE(buffer.room().size(), ReceiveBuffer::kRoomBytesMin);
  }
  EXPECT_EQ(buffer.data(), all);
  EXPECT_LE(buffer.capacity(), 4 * all.size());
}

TEST(ReceiveBuffer, reuses_its_memory_when_what_came_is_consumed) {
  ReceiveBuffer buffer;
  for (int i = 0; i < 1000; ++i) {
    receive(buffer, std::string(10'000, 'x'));
    buffer.consume(i == 0 ? 9'000 : 10'000);  // there is always a rest
  }
  EXPECT_EQ(buffer.data().size(), 1'000U);
  EXPECT_EQ(buffer.capacity(), ReceiveBuffer::kInitialBytes);
}

TEST(ReceiveBuffer, gives_back_the_memory_of_large_replies_when_they_have_stopped) {
  ReceiveBuffer buffer;
  for (int i = 0; i < 100; ++i) {
    receive(buffer, std::string(ReceiveBuffer::kRoomBytesMin, 'x'));
  }
  buffer.consume(buffer.data().size());
  EXPECT_GT(buffer.capacity(), ReceiveBuffer::kKeepBytes);
  for (std::size_t round = 0; round < ReceiveBuffer::kIdleRounds; ++round) {
    receive(buffer, "small");
    buffer.consume(5);
  }
  receive(buffer, "small");
  EXPECT_EQ(buffer.capacity(), ReceiveBuffer::kInitialBytes);
}

}  // namespace
}  // namespace larder::redis
