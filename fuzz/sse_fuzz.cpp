// Event streams: the first byte says where the rest is split in two; the events must be
// those of the stream in one piece, and no event may exceed the limit.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <larder/mcp/sse.hpp>

#include "require.hpp"

namespace {

using larder::fuzz::require;
using larder::mcp::SseEvent;
using larder::mcp::SseParser;

constexpr std::size_t kEventBytesMax = 256;

struct Outcome {
  std::vector<SseEvent> events;
  bool too_large = false;
  std::optional<std::size_t> retry_ms;
};

Outcome parse(std::string_view stream, std::size_t split) {
  SseParser parser(kEventBytesMax);
  Outcome outcome;
  for (const std::string_view part : {stream.substr(0, split), stream.substr(split)}) {
    outcome.too_large = !parser.feed(part);
    while (auto event = parser.next()) {
      outcome.events.push_back(*std::move(event));
    }
  }
  outcome.retry_ms = parser.retry_ms();
  return outcome;
}

bool same(const SseEvent& a, const SseEvent& b) {
  return a.name == b.name && a.data == b.data && a.id == b.id;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = parse(stream, stream.size());
  const Outcome parts = parse(stream, data[0] * stream.size() / 255);
  require(std::ranges::equal(whole.events, parts.events, same), "a split changes no event");
  require(whole.too_large == parts.too_large, "a split does not change what is too large");
  require(whole.retry_ms == parts.retry_ms, "a split does not change the retry time");
  for (const SseEvent& event : whole.events) {
    // The name that an unnamed event gets is not of the stream and does not count.
    const std::size_t name = event.name == "message" ? 0 : event.name.size();
    require(name + event.data.size() + event.id.size() <= kEventBytesMax,
            "no event exceeds the limit");
  }
  return 0;
}
