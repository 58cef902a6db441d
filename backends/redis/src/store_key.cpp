#include <larder/redis/store_key.hpp>

#include <array>

namespace larder::redis {
namespace {

constexpr std::uint16_t kPolynomial = 0x1021;

constexpr std::array<std::uint16_t, 256> crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    auto crc = static_cast<std::uint16_t>(byte << 8);
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<std::uint16_t>((crc << 1) ^ ((crc & 0x8000) != 0 ? kPolynomial : 0));
    }
    table[byte] = crc;
  }
  return table;
}

constexpr auto kCrcTable = crc_table();

constexpr std::string_view kBeforeKey = ":{";
constexpr std::string_view kAfterKey = "}";

}  // namespace

std::uint16_t crc16(std::string_view bytes) noexcept {
  std::uint16_t crc = 0;
  for (const char byte : bytes) {
    const auto index = static_cast<unsigned char>((crc >> 8) ^ static_cast<unsigned char>(byte));
    crc = static_cast<std::uint16_t>((crc << 8) ^ kCrcTable[index]);
  }
  return crc;
}

std::string_view hash_tag(std::string_view name) noexcept {
  const auto open = name.find('{');
  if (open == std::string_view::npos) {
    return name;
  }
  const std::string_view rest = name.substr(open + 1);
  const auto close = rest.find('}');
  return close == std::string_view::npos || close == 0 ? name : rest.substr(0, close);
}

std::uint16_t slot_of(std::string_view name) noexcept { return crc16(hash_tag(name)) % kSlots; }

std::uint16_t slot_of(const Key& key) noexcept {
  // The key's text stands in braces, and what is hashed ends at its first closing brace.
  const std::string_view text = key.text();
  return crc16(text.substr(0, text.find('}'))) % kSlots;
}

void append_store_key(std::string& to, std::string_view prefix, const Key& key,
                      std::string_view suffix) {
  to.append(prefix).append(kBeforeKey).append(key.text()).append(kAfterKey).append(suffix);
}

std::string store_key(std::string_view prefix, const Key& key, std::string_view suffix) {
  std::string name;
  name.reserve(prefix.size() + key.text().size() + suffix.size() + kBeforeKey.size() +
               kAfterKey.size());
  append_store_key(name, prefix, key, suffix);
  return name;
}

std::optional<Key> key_of(std::string_view name, std::string_view prefix, std::string_view suffix) {
  const std::size_t around = prefix.size() + kBeforeKey.size() + kAfterKey.size() + suffix.size();
  if (name.size() < around || !name.starts_with(prefix) || !name.ends_with(suffix)) {
    return std::nullopt;
  }
  name.remove_prefix(prefix.size());
  name.remove_suffix(suffix.size());
  if (!name.starts_with(kBeforeKey) || !name.ends_with(kAfterKey)) {
    return std::nullopt;
  }
  name.remove_prefix(kBeforeKey.size());
  name.remove_suffix(kAfterKey.size());
  auto key = Key::parse(name);
  return key ? std::optional(*std::move(key)) : std::nullopt;
}

}  // namespace larder::redis
