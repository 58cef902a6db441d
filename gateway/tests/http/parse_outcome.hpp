// What a RequestParser makes of some bytes, whatever pieces they arrive in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/request_parser.hpp"

namespace larder::gateway {

struct ParsedRequest {
  std::string method;
  std::string target;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool keep_alive = false;

  friend bool operator==(const ParsedRequest&, const ParsedRequest&) = default;
};

struct ParseOutcome {
  std::vector<ParsedRequest> requests;
  unsigned failure = 0;  // 0 = all bytes were read, and more may follow
  std::string reason;

  friend bool operator==(const ParseOutcome&, const ParseOutcome&) = default;
};

inline void feed(RequestParser& parser, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = parser.prepare();
    const auto count = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), count);
    parser.commit(count);
    bytes.remove_prefix(count);
  }
}

// Reads requests until more bytes are needed; false when the parser has failed.
inline bool drain(RequestParser& parser, ParseOutcome& out) {
  while (true) {
    switch (parser.step()) {
      case ParseStep::need_more:
        return true;
      case ParseStep::failed:
        out.failure = parser.failure().status;
        out.reason = parser.failure().reason;
        return false;
      case ParseStep::complete: {
        const auto& request = parser.request();
        ParsedRequest copy{.method = std::string(request.method),
                           .target = std::string(request.target),
                           .path = std::string(request.path),
                           .headers = {},
                           .body = std::string(request.body),
                           .keep_alive = parser.head().keep_alive()};
        for (const auto& [name, value] : request.headers) {
          copy.headers.emplace_back(name, value);
        }
        out.requests.push_back(std::move(copy));
        parser.next();
      }
    }
  }
}

inline ParseOutcome parse_pieces(const std::vector<std::string_view>& pieces,
                                 const HttpLimits& limits) {
  RequestParser parser(limits);
  ParseOutcome out;
  for (const auto piece : pieces) {
    feed(parser, piece);
    if (!drain(parser, out)) {
      break;
    }
  }
  return out;
}

// Parses the bytes in one piece, in two pieces cut at every place, and byte by byte; all
// must come to the same.
inline ParseOutcome parse(std::string_view bytes, const HttpLimits& limits = {}) {
  const auto whole = parse_pieces({bytes}, limits);
  std::vector<std::string_view> singles;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    singles.push_back(bytes.substr(cut, 1));
    EXPECT_EQ(parse_pieces({bytes.substr(0, cut), bytes.substr(cut)}, limits), whole)
        << "cut at " << cut;
  }
  EXPECT_EQ(parse_pieces(singles, limits), whole) << "byte by byte";
  return whole;
}

}  // namespace larder::gateway
