// The formats of public cache traces.

#include <array>
#include <charconv>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

#include "trace.hpp"

namespace larder::bench {
namespace {

class Collector {
 public:
  void operator()(std::uint64_t key) {
    const auto [at, fresh] = ids_.try_emplace(key, trace_.keys);
    trace_.keys += fresh ? 1 : 0;
    trace_.requests.push_back({.id = at->second, .size = kUnitSize, .time = 0});
  }
  Trace take() { return std::move(trace_); }

 private:
  Trace trace_;
  std::unordered_map<std::uint64_t, std::uint32_t> ids_;
};

// The number at the start of the text, which it takes away; blanks before it too.
std::uint64_t take_number(std::string_view& text, int base = 10) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number, base);
  if (error != std::errc{}) {
    throw std::runtime_error("no number in: " + std::string(text.substr(0, 80)));
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  return number;
}

template <typename F>
void for_each_line(std::string_view text, F f) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (std::string_view line = text.substr(0, end); !line.empty()) {
      f(line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// `start count ...`: a request for each block.
void read_lis(std::string_view text, Collector& collect) {
  for_each_line(text, [&](std::string_view line) {
    const std::uint64_t start = take_number(line);
    const std::uint64_t count = take_number(line);
    for (std::uint64_t block = start; block < start + count; ++block) {
      collect(block);
    }
  });
}

// Big-endian keys of 32 bits.
void read_u32be(std::string_view bytes, Collector& collect) {
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    std::uint32_t key = 0;
    for (const char byte : bytes.substr(0, 4)) {
      key = (key << 8U) | static_cast<unsigned char>(byte);
    }
    collect(key);
  }
}

// `op 0xADDRESS n`.
void read_addr(std::string_view text, Collector& collect) {
  for_each_line(text, [&](std::string_view line) {
    line.remove_prefix(std::min(line.find("0x") + 2, line.size()));
    collect(take_number(line, 16));
  });
}

// One decimal key a line.
void read_txt(std::string_view text, Collector& collect) {
  for_each_line(text, [&](std::string_view line) {
    if (line.find_first_of("0123456789") != std::string_view::npos) {
      collect(take_number(line));
    }
  });
}

// JSON lines: each number in `hash_ids` is a request.
void read_jsonl(std::string_view text, Collector& collect) {
  constexpr std::string_view kField = "\"hash_ids\": [";
  for_each_line(text, [&](std::string_view line) {
    const std::size_t at = line.find(kField);
    if (at == std::string_view::npos) {
      return;
    }
    line.remove_prefix(at + kField.size());
    while (!line.empty() && line.front() != ']') {
      collect(take_number(line));
      line.remove_prefix(std::min<std::size_t>(line.starts_with(',') ? 1 : 0, line.size()));
    }
  });
}

struct Format {
  std::string_view suffix;
  void (*read)(std::string_view, Collector&);
};
constexpr std::array kFormats = {Format{".lis", read_lis}, Format{".u32be", read_u32be},
                                 Format{".addr", read_addr}, Format{".txt", read_txt},
                                 Format{".jsonl", read_jsonl}};

}  // namespace

Trace read_trace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::size_t slash = path.rfind('/') + 1;
  for (const Format& format : kFormats) {
    if (path.ends_with(format.suffix)) {
      Collector collect;
      format.read(text, collect);
      Trace trace = collect.take();
      trace.name = path.substr(slash, path.size() - slash - format.suffix.size());
      return trace;
    }
  }
  throw std::runtime_error(path + ": its name ends in none of .lis .u32be .addr .txt .jsonl");
}

}  // namespace larder::bench
