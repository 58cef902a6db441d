#include <larder/mcp/list.hpp>

#include <gtest/gtest.h>

namespace larder::mcp {
namespace {

using std::chrono::milliseconds;

TEST(ListKind, knows_the_four_lists_by_method_and_member) {
  const std::tuple<ListKind, std::string, std::string> cases[] = {
      {ListKind::tools, "tools/list", "tools"},
      {ListKind::prompts, "prompts/list", "prompts"},
      {ListKind::resources, "resources/list", "resources"},
      {ListKind::resource_templates, "resources/templates/list", "resourceTemplates"}};
  for (const auto& [kind, method, member] : cases) {
    EXPECT_EQ(list_kind(method), kind);
    EXPECT_EQ(list_method(kind), method);
    EXPECT_EQ(list_member(kind), member);
  }
  EXPECT_EQ(list_kind("tools/call"), std::nullopt);
}

TEST(ParseListPage, renames_compacts_and_keeps_all_else) {
  const auto page = parse_list_page(ListKind::tools, R"({
      "resultType": "complete", "ttlMs": 300000, "cacheScope": "public", "nextCursor": "n",
      "tools": [
        {"name": "get\u0020it", "title": "Get  it", "x": 1.50,
         "annotations": {"readOnlyHint": true, "openWorldHint": false}},
        {"inputSchema": {"type": "object"}, "name": "put"} ]})",
                                    "weather__");
  ASSERT_TRUE(page);
  EXPECT_EQ(
      page->items_json,
      R"({"name":"weather__get it","title":"Get  it","x":1.50,"annotations":{"readOnlyHint":true,"openWorldHint":false}},{"inputSchema":{"type":"object"},"name":"weather__put"})");
  EXPECT_EQ(page->next_cursor, "n");
  EXPECT_EQ(page->hints.ttl, milliseconds(300'000));
  EXPECT_EQ(page->hints.scope, CacheScope::shared);
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[0].name, "get it");
  EXPECT_TRUE(page->items[0].read_only);
  EXPECT_FALSE(page->items[0].open_world);
  EXPECT_EQ(page->items[1].name, "put");
  EXPECT_FALSE(page->items[1].read_only);
  EXPECT_TRUE(page->items[1].open_world);
  EXPECT_TRUE(page->dropped.empty());
}

TEST(ParseListPage, keeps_the_uris_of_resources_and_templates) {
  const auto page = parse_list_page(ListKind::resources,
                                    R"({"resources":[{"uri":"file:///a","name":"a"}]})", "files__");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->items_json, R"({"uri":"file:///a","name":"a"})");
  EXPECT_EQ(page->items[0].name, "file:///a");
  const auto templates =
      parse_list_page(ListKind::resource_templates,
                      R"({"resourceTemplates":[{"uriTemplate":"file:///{p}","name":"a"}]})", "f__");
  ASSERT_TRUE(templates);
  EXPECT_EQ(templates->items[0].name, "file:///{p}");
  EXPECT_EQ(templates->items_json, R"({"uriTemplate":"file:///{p}","name":"a"})");
}

TEST(ParseListPage, fingerprints_a_definition_whatever_its_spelling) {
  const auto fingerprint = [](const std::string& tool) {
    return parse_list_page(ListKind::tools, R"({"tools":[)" + tool + "]}", "")
        ->items[0]
        .fingerprint;
  };
  const std::string one = fingerprint(R"({"name":"a","inputSchema":{"type":"object","x":1.0}})");
  EXPECT_EQ(one.size(), 16U);
  EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(fingerprint(R"({ "inputSchema":{"x":1,"type":"object"}, "name":"\u0061"})"), one);
  EXPECT_NE(fingerprint(R"({"name":"a","inputSchema":{"type":"object","x":2}})"), one);
}

TEST(ParseListPage, reads_mirrored_arguments_at_any_depth_of_properties) {
  const auto page = parse_list_page(ListKind::tools, R"({"tools":[{"name":"t","inputSchema":{
      "type":"object","properties":{
        "region":{"type":"string","x-mcp-header":"Region"},
        "where":{"type":"object","properties":{"n":{"x-mcp-header":"N","type":"integer"}}},
        "x-mcp-header":{"type":"boolean","default":{"x-mcp-header":"data, not a schema"}}}}}]})",
                                    "");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 1U) << page->dropped.size();
  EXPECT_EQ(page->items[0].params,
            (std::vector<HeaderParam>{{.header = "Region", .path = {"region"}, .type = "string"},
                                      {.header = "N", .path = {"where", "n"}, .type = "integer"}}));
}

TEST(ParseListPage, drops_tools_with_invalid_header_annotations_and_names_them) {
  const std::string schemas[] = {
      R"({"properties":{"v":{"type":"string","x-mcp-header":""}}})",
      R"({"properties":{"v":{"type":"object","x-mcp-header":"V"}}})",
      R"({"properties":{"v":{"type":"array","items":{"type":"string"},"x-mcp-header":"V"}}})",
      R"({"properties":{"v":{"type":"null","x-mcp-header":"V"}}})",
      R"({"properties":{"v":{"type":"number","x-mcp-header":"V"}}})",
      R"({"properties":{"v":{"type":["string","null"],"x-mcp-header":"V"}}})",
      R"({"properties":{"v":{"x-mcp-header":"V"}}})",
      R"({"properties":{"v":{"type":"string","x-mcp-header":7}}})",
      R"({"properties":{"v":{"type":"string","x-mcp-header":null}}})",
      R"({"properties":{"a":{"type":"string","x-mcp-header":"V"},"b":{"type":"string","x-mcp-header":"V"}}})",
      R"({"properties":{"a":{"type":"string","x-mcp-header":"Ab"},"b":{"type":"object","properties":{"c":{"type":"string","x-mcp-header":"aB"}}}}})",
      R"({"properties":{"v":{"type":"string","x-mcp-header":"My Region"}}})",
      R"({"properties":{"v":{"type":"string","x-mcp-header":"Region:Primary"}}})",
      R"({"properties":{"v":{"type":"string","x-mcp-header":"R\u00e9gion"}}})",
      R"({"properties":{"v":{"type":"string","x-mcp-header":"Region\t1"}}})",
      R"({"type":"string","x-mcp-header":"Root"})",
      R"({"properties":{"v":{"type":"array","items":{"type":"string","x-mcp-header":"V"}}}})",
      R"({"properties":{"v":{"anyOf":[{"type":"string","x-mcp-header":"V"}]}}})",
      R"({"allOf":[{"properties":{"v":{"type":"string","x-mcp-header":"V"}}}]})",
      R"({"if":{"properties":{"v":{"type":"string","x-mcp-header":"V"}}}})",
      R"({"$defs":{"v":{"type":"string","x-mcp-header":"V"}}})",
      R"({"patternProperties":{"v":{"type":"string","x-mcp-header":"V"}}})",
      R"({"additionalProperties":{"type":"string","x-mcp-header":"V"}})"};
  for (const std::string& schema : schemas) {
    const auto page = parse_list_page(
        ListKind::tools,
        R"({"tools":[{"name":"bad","inputSchema":)" + schema + R"(},{"name":"good"}]})", "p__");
    ASSERT_TRUE(page) << schema;
    EXPECT_EQ(page->dropped, std::vector<std::string>{"bad"}) << schema;
    EXPECT_EQ(page->items_json, R"({"name":"p__good"})") << schema;
  }
}

TEST(ParseListPage, drops_items_without_a_name_by_their_place) {
  const auto page = parse_list_page(ListKind::prompts,
                                    R"({"prompts":[{"title":"x"},{"name":"a"},7,{"name":1}]})", "");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->dropped, (std::vector<std::string>{"prompts[0]", "prompts[2]", "prompts[3]"}));
  EXPECT_EQ(page->items.size(), 1U);
}

TEST(ParseListPage, refuses_what_has_not_the_shape_of_the_list) {
  for (const std::string text :
       {"", "[]", "{}", R"({"tools":{}})", R"({"prompts":[]})", R"({"tools":[],"nextCursor":5})",
        R"({"tools":[)", R"({"resultType":"input_required","tools":[]})"}) {
    const auto page = parse_list_page(ListKind::tools, text, "");
    ASSERT_FALSE(page) << text;
    EXPECT_EQ(page.error().code, code::kInternalError);
  }
}

TEST(ParseListPage, takes_null_for_no_next_cursor_and_empty_for_one) {
  EXPECT_EQ(parse_list_page(ListKind::tools, R"({"tools":[],"nextCursor":null})", "")->next_cursor,
            std::nullopt);
  EXPECT_EQ(parse_list_page(ListKind::tools, R"({"tools":[],"nextCursor":""})", "")->next_cursor,
            "");
}

ListPage example_page() {
  return *parse_list_page(ListKind::tools, R"({"ttlMs":5,"cacheScope":"public","nextCursor":"",
      "tools":[{"name":"a","annotations":{"readOnlyHint":true},"inputSchema":{"properties":{
        "r":{"type":"string","x-mcp-header":"R"}}}},{"name":"b"},{}]})",
                          "p__");
}

void expect_equal(const ListPage& a, const ListPage& b) {
  EXPECT_EQ(a.items_json, b.items_json);
  EXPECT_EQ(a.next_cursor, b.next_cursor);
  EXPECT_EQ(a.hints.ttl, b.hints.ttl);
  EXPECT_EQ(a.hints.scope, b.hints.scope);
  EXPECT_EQ(a.dropped, b.dropped);
  ASSERT_EQ(a.items.size(), b.items.size());
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    EXPECT_EQ(a.items[i].name, b.items[i].name);
    EXPECT_EQ(a.items[i].read_only, b.items[i].read_only);
    EXPECT_EQ(a.items[i].open_world, b.items[i].open_world);
    EXPECT_EQ(a.items[i].params, b.items[i].params);
    EXPECT_EQ(a.items[i].fingerprint, b.items[i].fingerprint);
  }
}

TEST(StoredPage, comes_back_as_it_was) {
  for (const ListPage& page : {example_page(), ListPage{}}) {
    const auto again = decode_page(encode_page(page));
    ASSERT_TRUE(again);
    expect_equal(*again, page);
  }
}

TEST(StoredPage, refuses_every_cut_and_foreign_bytes) {
  const std::string whole = encode_page(example_page());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_page(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_page(whole + "x"));
  const auto foreign = decode_page(R"({"tools":[]})");
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, code::kInternalError);
}

TEST(StoredPage, survives_any_changed_byte) {
  const std::string whole = encode_page(example_page());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0xFF);
    const auto page = decode_page(changed);
    EXPECT_TRUE(!page || page->items.size() <= whole.size());
  }
}

TEST(MergeHints, takes_the_shortest_ttl_and_the_most_private_scope) {
  const CacheHints shared{.ttl = milliseconds(500), .scope = CacheScope::shared};
  const CacheHints personal{.ttl = milliseconds(900), .scope = CacheScope::personal};
  const CacheHints zero{.ttl = milliseconds(0), .scope = CacheScope::shared};
  const CacheHints none{.ttl = std::nullopt, .scope = CacheScope::shared};
  const auto merge = [](std::vector<CacheHints> hints) {
    const CacheHints merged = merge_hints(hints);
    return std::pair(merged.ttl, merged.scope);
  };
  EXPECT_EQ(merge({shared}), std::pair(shared.ttl, CacheScope::shared));
  EXPECT_EQ(merge({shared, personal}), std::pair(shared.ttl, CacheScope::personal));
  EXPECT_EQ(merge({shared, zero}), std::pair(zero.ttl, CacheScope::shared));
  EXPECT_EQ(merge({shared, none}), std::pair(zero.ttl, CacheScope::shared));
  EXPECT_EQ(merge({}), std::pair(zero.ttl, CacheScope::personal));
}

TEST(MergeMembers, joins_pages_and_skips_empty_ones) {
  const std::string_view pages[] = {R"({"name":"a"})", "", R"({"name":"b"},{"name":"c"})"};
  EXPECT_EQ(merge_members(ListKind::tools, pages, std::nullopt),
            R"("tools":[{"name":"a"},{"name":"b"},{"name":"c"}])");
  EXPECT_EQ(merge_members(ListKind::resource_templates, {}, "x\"y"),
            R"("resourceTemplates":[],"nextCursor":"x\"y")");
}

}  // namespace
}  // namespace larder::mcp
