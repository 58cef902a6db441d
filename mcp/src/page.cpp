// The stored form of a ListPage.

#include <utility>

#include <larder/mcp/list.hpp>

#include "frame.hpp"

namespace larder::mcp {
namespace {

using std::chrono::milliseconds;

// Another layout is another text here; pages of an old one are misses.
constexpr std::string_view kMagic = "larder-page-1";

constexpr std::uint8_t kReadOnly = 1;
constexpr std::uint8_t kOpenWorld = 2;

void write_optional(FrameWriter& frame, const std::optional<std::string>& value) {
  frame.byte(value ? 1 : 0);
  frame.text(value.value_or(""));
}

std::optional<std::string> read_optional(FrameReader& frame) {
  const bool present = frame.byte() == 1;
  std::string value = frame.text();
  return present ? std::optional(std::move(value)) : std::nullopt;
}

void write_texts(FrameWriter& frame, std::span<const std::string> texts) {
  frame.count(texts.size());
  for (const std::string& text : texts) {
    frame.text(text);
  }
}

std::vector<std::string> read_texts(FrameReader& frame) {
  std::vector<std::string> texts;
  const std::size_t count = frame.count();
  for (std::size_t i = 0; i < count && frame.ok(); ++i) {
    texts.push_back(frame.text());
  }
  return texts;
}

void write_item(FrameWriter& frame, const ListItem& item) {
  frame.text(item.name);
  frame.byte(static_cast<std::uint8_t>((item.read_only ? kReadOnly : 0) |
                                       (item.open_world ? kOpenWorld : 0)));
  frame.text(item.fingerprint);
  frame.count(item.params.size());
  for (const HeaderParam& param : item.params) {
    frame.text(param.header);
    frame.text(param.type);
    write_texts(frame, param.path);
  }
}

ListItem read_item(FrameReader& frame) {
  ListItem item{.name = frame.text()};
  const std::uint8_t flags = frame.byte();
  item.read_only = (flags & kReadOnly) != 0;
  item.open_world = (flags & kOpenWorld) != 0;
  item.fingerprint = frame.text();
  const std::size_t params = frame.count();
  for (std::size_t i = 0; i < params && frame.ok(); ++i) {
    HeaderParam param;
    param.header = frame.text();
    param.type = frame.text();
    param.path = read_texts(frame);
    item.params.push_back(std::move(param));
  }
  return item;
}

void write_hints(FrameWriter& frame, const CacheHints& hints) {
  frame.byte(hints.scope == CacheScope::shared ? 1 : 0);
  frame.byte(hints.ttl ? 1 : 0);
  frame.number(static_cast<std::uint64_t>(hints.ttl.value_or(milliseconds(0)).count()));
}

CacheHints read_hints(FrameReader& frame) {
  CacheHints hints;
  hints.scope = frame.byte() == 1 ? CacheScope::shared : CacheScope::personal;
  const bool has_ttl = frame.byte() == 1;
  const milliseconds ttl(static_cast<milliseconds::rep>(frame.number()));
  if (has_ttl) {
    hints.ttl = ttl;
  }
  return hints;
}

}  // namespace

std::string encode_page(const ListPage& page) {
  FrameWriter frame;
  frame.text(kMagic);
  write_hints(frame, page.hints);
  write_optional(frame, page.next_cursor);
  write_texts(frame, page.dropped);
  frame.count(page.items.size());
  for (const ListItem& item : page.items) {
    write_item(frame, item);
  }
  frame.text(page.items_json);
  return frame.bytes();
}

RpcResult<ListPage> decode_page(std::string_view stored) {
  FrameReader frame(stored);
  const bool is_page = frame.text() == kMagic;
  ListPage page;
  page.hints = read_hints(frame);
  page.next_cursor = read_optional(frame);
  page.dropped = read_texts(frame);
  const std::size_t items = frame.count();
  for (std::size_t i = 0; i < items && frame.ok(); ++i) {
    page.items.push_back(read_item(frame));
  }
  page.items_json = frame.text();
  if (!is_page || !frame.done()) {
    return std::unexpected(RpcError{.code = code::kInternalError,
                                    .message = "The stored list is not one of this version."});
  }
  return page;
}

}  // namespace larder::mcp
