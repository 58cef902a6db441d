#include "engine/session_store.hpp"

#include <gtest/gtest.h>

#include <larder/memory/backend.hpp>
#include <larder/testkit/fake_clock.hpp>
#include <larder/testkit/run.hpp>

namespace larder::gateway {
namespace {

using namespace std::chrono_literals;
using testkit::run;

class SessionStoreTest : public testing::Test {
 protected:
  ~SessionStoreTest() override { run(store_->close()); }

  Session open() { return run(sessions_.create("2025-11-25", "alice")).value(); }
  bool knows(const Session& session, std::string_view principal = "alice") {
    return run(sessions_.find(session.id, principal)).value().has_value();
  }

  testkit::FakeClock clock_;
  std::unique_ptr<MemoryCacheBackend> store_ =
      MemoryCacheBackend::make(clock_, {.bytes_max = 8 << 20}).value();
  SessionStore sessions_{*store_, clock_, 1h};
};

TEST_F(SessionStoreTest, finds_a_session_again_with_its_version) {
  const Session session = open();
  const auto found = run(sessions_.find(session.id, "alice")).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, "2025-11-25");
  EXPECT_EQ(found->id, session.id);
}

TEST_F(SessionStoreTest, draws_a_new_id_each_time) { EXPECT_NE(open().id, open().id); }

TEST_F(SessionStoreTest, hides_a_session_from_everyone_else) {
  const Session session = open();
  EXPECT_FALSE(knows(session, "mallory"));
  EXPECT_TRUE(knows(session));
}

TEST_F(SessionStoreTest, ends_a_session_once) {
  const Session session = open();
  EXPECT_TRUE(run(sessions_.end(session)).value());
  EXPECT_FALSE(knows(session));
  EXPECT_FALSE(run(sessions_.end(session)).value());
}

TEST_F(SessionStoreTest, forgets_a_session_that_nobody_uses) {
  const Session session = open();
  clock_.advance(1h + 1ms);
  EXPECT_FALSE(knows(session));
}

TEST_F(SessionStoreTest, keeps_a_session_that_is_used) {
  const Session session = open();
  for (int i = 0; i < 5; ++i) {
    clock_.advance(40min);
    EXPECT_TRUE(knows(session)) << i;
  }
}

TEST_F(SessionStoreTest, looks_up_nothing_that_it_cannot_have_made) {
  EXPECT_FALSE(run(sessions_.find("../../etc/passwd", "alice")).value());
  EXPECT_FALSE(run(sessions_.find(std::string(43, '\0'), "alice")).value());
  EXPECT_FALSE(run(sessions_.find("", "alice")).value());
}

}  // namespace
}  // namespace larder::gateway
