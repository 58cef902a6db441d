// Names in the store, and the cluster slot they live in.
//
// The form is docs/formats/keys.md: prefix, key in braces, and a suffix that says which of
// the key's records it is. All records of one key share a slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <larder/key.hpp>

namespace larder::redis {

inline constexpr std::uint16_t kSlots = 16'384;

// CRC-16/XMODEM, as the cluster specification defines it.
[[nodiscard]] std::uint16_t crc16(std::string_view bytes) noexcept;

// What of a name decides its slot: the bytes between the first { and the first } after it, or
// all of it if there are none between them.
[[nodiscard]] std::string_view hash_tag(std::string_view name) noexcept;

// The slot of any name, as CLUSTER KEYSLOT answers.
[[nodiscard]] std::uint16_t slot_of(std::string_view name) noexcept;

// The slot of all records of a key, without making a name.
[[nodiscard]] std::uint16_t slot_of(const Key& key) noexcept;

// Appends "prefix:{namespace:id}suffix".
void append_store_key(std::string& to, std::string_view prefix, const Key& key,
                      std::string_view suffix);
[[nodiscard]] std::string store_key(std::string_view prefix, const Key& key,
                                    std::string_view suffix);

// The key whose record under this prefix and suffix has the name; nullopt if there is none.
// An id may hold braces, so the suffix has to be known.
[[nodiscard]] std::optional<Key> key_of(std::string_view name, std::string_view prefix,
                                        std::string_view suffix);

}  // namespace larder::redis
