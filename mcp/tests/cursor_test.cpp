#include <larder/mcp/cursor.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace larder::mcp {
namespace {

const std::string kKey(32, 'k');

MergedCursor example() {
  return {.kind = ListKind::prompts,
          .scope = CacheScope::personal,
          .parts = {{"weather", "page 2"}, {"files", ""}}};
}

RC_GTEST_PROP(CursorSealer, opens_what_it_sealed,
              (const std::vector<std::pair<std::string, std::string>>& parts)) {
  const CursorSealer sealer(kKey);
  for (const ListKind kind : {ListKind::tools, ListKind::resource_templates}) {
    for (const CacheScope scope : {CacheScope::shared, CacheScope::personal}) {
      const MergedCursor cursor{.kind = kind, .scope = scope, .parts = parts};
      const std::string text = sealer.seal(cursor);
      RC_ASSERT(sealer.open(text, kind).value() == cursor);
    }
  }
}

TEST(CursorSealer, opens_on_every_node_that_has_the_key) {
  const auto opened =
      CursorSealer(kKey).open(CursorSealer(kKey).seal(example()), ListKind::prompts);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, example());
}

TEST(CursorSealer, writes_a_text_that_needs_no_escapes) {
  EXPECT_EQ(CursorSealer(kKey).seal(example()).find_first_not_of(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

void expect_refused(const RpcResult<MergedCursor>& opened, const std::string& text) {
  ASSERT_FALSE(opened) << text;
  EXPECT_EQ(opened.error().code, code::kInvalidParams);
}

TEST(CursorSealer, refuses_another_list_and_another_key) {
  const std::string text = CursorSealer(kKey).seal(example());
  expect_refused(CursorSealer(kKey).open(text, ListKind::tools), text);
  expect_refused(CursorSealer(std::string(32, 'o')).open(text, ListKind::prompts), text);
}

TEST(CursorSealer, refuses_every_changed_or_missing_character) {
  const CursorSealer sealer(kKey);
  const std::string whole = sealer.seal(example());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    expect_refused(sealer.open(whole.substr(0, i), ListKind::prompts), whole.substr(0, i));
    std::string changed = whole;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    expect_refused(sealer.open(changed, ListKind::prompts), changed);
  }
  expect_refused(sealer.open(whole + "A", ListKind::prompts), "longer");
}

}  // namespace
}  // namespace larder::mcp
