// The stored form of an Entry: docs/formats/envelope.md.
//
// Written by stores that keep bytes (Redis, SQL), never by the memory store. Every version
// ever released is read forever (tests/golden); bytes that are not an envelope, are cut
// short, or carry another key than asked for are Errc::corrupt, which readers count as a
// miss. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include <larder/bytes.hpp>
#include <larder/entry.hpp>
#include <larder/error.hpp>

namespace larder {

// An entry with the version under which it was written.
struct StoredEntry {
  Entry entry;
  Version version{};

  friend bool operator==(const StoredEntry&, const StoredEntry&) = default;
};

[[nodiscard]] std::string encode_envelope(const Entry& entry, Version version);

// The entry's value shares the storage of `stored`. `expected` is the key that was asked
// for; a different one inside means a hash collision or a misplaced row.
[[nodiscard]] Result<StoredEntry> decode_envelope(const Bytes& stored, const Key& expected);

// Without a key to compare, for tools that scan.
[[nodiscard]] Result<StoredEntry> decode_envelope(const Bytes& stored);

}  // namespace larder
