// Messages: whatever parses is still a message after it was spliced into a request, an
// answer or a list, and equal values have one canonical text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <larder/mcp/canonical.hpp>
#include <larder/mcp/cursor.hpp>
#include <larder/mcp/headers.hpp>
#include <larder/mcp/list.hpp>
#include <larder/mcp/policy.hpp>
#include <larder/mcp/request.hpp>
#include <larder/mcp/result.hpp>
#include <larder/mcp/rpc.hpp>

#include "require.hpp"

namespace {

using namespace larder::mcp;  // NOLINT(google-build-using-namespace): a program of its own
using larder::fuzz::require;

// Our own members lie deeper than what a client may send.
constexpr MessageLimits kWide{.bytes_max = 64U << 20, .depth_max = 256};

bool one_line(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

void check_canonical(std::string_view json) {
  const auto once = canonical_json(json);
  if (once) {
    require(canonical_json(*once) == *once, "a canonical text is its own canonical text");
  }
}

void check_call(const Message& message) {
  const auto facts = read_facts(message);
  if (!facts) {
    return;
  }
  for (const Era era : {Era::modern, Era::legacy}) {
    const Outgoing outgoing{.id_json = message.id_json.empty() ? "1" : message.id_json,
                            .method = message.method,
                            .params_json = message.params_json,
                            .era = era,
                            .version = std::string(kModernVersion),
                            .client_capabilities_json = facts->client_capabilities_json.empty()
                                                            ? "{}"
                                                            : facts->client_capabilities_json,
                            .name = facts->name};
    const std::string text = write_request(outgoing);
    require(one_line(text), "a written request is one line");
    const auto again = parse_message(text, kWide);
    require(again && again->kind == MessageKind::request, "a written request is a request");
    require(again->id_json == outgoing.id_json && again->method == message.method,
            "a written request keeps id and method");
    const auto facts_again = read_facts(*again);
    require(facts_again && facts_again->name == facts->name && facts_again->uri == facts->uri &&
                facts_again->cursor == facts->cursor &&
                facts_again->arguments_json == facts->arguments_json,
            "a written request asks for the same");
  }
  const HeaderParam params[] = {{.header = "A", .path = {"a"}, .type = "string"},
                                {.header = "B", .path = {"a", "b"}, .type = "integer"}};
  const auto headers =
      write_headers({.id_json = "1",
                     .method = message.method,
                     .version = facts->version.value_or(std::string(kModernVersion)),
                     .name = facts->name},
                    *facts, params);
  const std::vector<HeaderView> views(headers.begin(), headers.end());
  for (const auto& [name, value] : headers) {
    require(name == "Mcp-Method" || name == "MCP-Protocol-Version" || decode_header_value(value),
            "a mirrored value can be decoded");
  }
  (void)check_headers(views, message, *facts, params);
  const auto subject = request_subject("t", message.params_json, std::nullopt);
  require(!subject || canonical_json(message.params_json), "a subject comes of canonical params");
}

void check_result(std::string_view result_json) {
  const auto normal = normalise_result(result_json);
  if (!normal) {
    return;
  }
  for (const Era era : {Era::modern, Era::legacy}) {
    const std::string text =
        splice_result("1", era, normal->type, normal->hints).around(normal->members);
    require(one_line(text), "an answer is one line");
    const auto again = parse_message(text, kWide);
    require(again.has_value(), "an answer around a normal result is a message");
    const auto normal_again = normalise_result(again->result_json);
    require(normal_again && normal_again->members == normal->members &&
                normal_again->is_error == normal->is_error,
            "a result comes back as it was stored");
  }
}

void check_list(ListKind kind, std::string_view result_json) {
  const auto page = parse_list_page(kind, result_json, "p__");
  if (!page) {
    return;
  }
  const auto stored = decode_page(encode_page(*page));
  require(stored && stored->items_json == page->items_json &&
              stored->items.size() == page->items.size(),
          "a stored page comes back");
  const std::string_view parts[] = {page->items_json, page->items_json};
  const std::string text = splice_result("1", Era::modern, "complete", page->hints)
                               .around(merge_members(kind, parts, page->next_cursor));
  const auto again = parse_message(text, kWide);
  require(again.has_value(), "a merged list is a message");
  const auto page_again = parse_list_page(kind, again->result_json, "");
  require(page_again && page_again->items.size() == 2 * page->items.size() &&
              page_again->dropped.empty(),
          "a merged list holds what was merged");
}

void check_error(const RpcError& error, std::string_view id_json) {
  const auto again = parse_message(write_error(id_json, error), kWide);
  require(again.has_value(), "a written error is a message");
  require(parse_error(again->error_json).code == error.code, "an error keeps its code");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_canonical(text);
  (void)decode_page(text);
  (void)decode_header_value(text);
  require(decode_header_value(encode_header_value(text)) == text, "a header value comes back");
  (void)CursorSealer("k").open(text, ListKind::tools);
  (void)parse_error(text);
  if (const auto batch = split_batch(text)) {
    require(!batch->empty() && batch->size() <= kBatchMax, "a batch is bounded");
  }
  const auto message = parse_message(text);
  if (!message) {
    check_error(message.error().error, message.error().id_json);
    return 0;
  }
  if (message->kind != MessageKind::response) {
    check_call(*message);
    return 0;
  }
  check_canonical(message->result_json);
  check_result(message->result_json);
  for (const ListKind kind :
       {ListKind::tools, ListKind::prompts, ListKind::resources, ListKind::resource_templates}) {
    check_list(kind, message->result_json);
  }
  if (!message->error_json.empty()) {
    check_error(parse_error(message->error_json), message->id_json);
  }
  return 0;
}
