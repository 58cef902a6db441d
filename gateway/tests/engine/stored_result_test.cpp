#include "engine/stored_result.hpp"

#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

using namespace std::chrono_literals;

TEST(StoredResult, comes_back_as_it_was_stored) {
  const Bytes stored = encode_result(ResultForm::shared, "complete", 60s, "\"a\":\n1");
  const auto result = decode_result(stored);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->form, ResultForm::shared);
  EXPECT_EQ(result->type, "complete");
  EXPECT_EQ(result->ttl, 60s);
  EXPECT_EQ(result->body.view(), "\"a\":\n1");
}

TEST(StoredResult, may_have_no_body) {
  const auto result = decode_result(encode_result(ResultForm::personal, "complete", 0ms, ""));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->body.empty());
}

TEST(StoredResult, is_not_read_from_foreign_bytes) {
  for (const char* text :
       {"", "s", "s60 complete", "x60 complete\n", "s complete\n", "s60\n", "s6x complete\n"}) {
    EXPECT_FALSE(decode_result(Bytes(std::string(text)))) << text;
  }
}

}  // namespace
}  // namespace larder::gateway
