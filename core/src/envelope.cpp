#include <larder/envelope.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>
#include <utility>

namespace larder {
namespace {

constexpr std::string_view kMagic = "LRD";
constexpr char kFormat = 1;
constexpr std::size_t kHeaderBytes = 48;

template <std::unsigned_integral T>
T little_endian(T value) noexcept {
  if constexpr (std::endian::native == std::endian::big) {
    return std::byteswap(value);
  } else {
    return value;
  }
}

template <std::unsigned_integral T>
void append_number(std::string& out, T value) {
  const T wire = little_endian(value);
  char raw[sizeof(T)];
  std::memcpy(raw, &wire, sizeof(T));
  out.append(raw, sizeof(T));
}

// Takes numbers and runs of bytes from the front; once something is missing, all further
// reads are empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view input) noexcept : rest_(input) {}

  template <std::unsigned_integral T>
  T number() noexcept {
    const std::string_view raw = run(sizeof(T));
    if (raw.size() != sizeof(T)) {
      return 0;
    }
    T wire;
    std::memcpy(&wire, raw.data(), sizeof(T));
    return little_endian(wire);
  }

  std::string_view run(std::size_t count) noexcept {
    if (!ok_ || rest_.size() < count) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  bool ok() const noexcept { return ok_; }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::uint64_t wire_milliseconds(milliseconds span) noexcept {
  return static_cast<std::uint64_t>(std::clamp(span, milliseconds(0), Life::kTotalMax).count());
}

// Only what a Life may hold; anything larger was not written by us.
bool read_milliseconds(std::uint64_t wire, milliseconds& span) noexcept {
  if (wire > wire_milliseconds(Life::kTotalMax)) {
    return false;
  }
  span = milliseconds(static_cast<std::int64_t>(wire));
  return true;
}

std::unexpected<Error> corrupt(std::string what) {
  return fail(Errc::corrupt, "envelope: " + std::move(what));
}

Result<std::vector<TagEpoch>> read_epochs(Reader& reader, std::size_t count) {
  std::vector<TagEpoch> epochs;
  epochs.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto size = reader.number<std::uint16_t>();
    const std::string_view text = reader.run(size);
    const auto epoch = reader.number<std::uint64_t>();
    if (!reader.ok()) {
      return corrupt("cut short in its tags");
    }
    auto tag = Key::parse(text);
    if (!tag) {
      return corrupt(tag.error().context());
    }
    epochs.push_back(TagEpoch{.tag = *std::move(tag), .epoch = Epoch{epoch}});
  }
  return epochs;
}

Result<StoredEntry> decode(const Bytes& stored, const Key* expected) {
  const std::string_view input = stored.view();
  Reader reader(input);
  if (reader.run(kMagic.size()) != kMagic) {
    return corrupt("no magic");
  }
  const auto format = reader.number<std::uint8_t>();
  if (format != kFormat) {
    return corrupt("format " + std::to_string(format) + " is not known");
  }
  const auto presence = reader.number<std::uint8_t>();
  const auto codec = reader.number<std::uint8_t>();
  const auto tag_count = reader.number<std::uint8_t>();
  reader.number<std::uint8_t>();  // reserved
  const auto version = reader.number<std::uint64_t>();
  const auto fresh = reader.number<std::uint64_t>();
  const auto stale = reader.number<std::uint64_t>();
  const auto load_cost = reader.number<std::uint64_t>();
  const auto key_size = reader.number<std::uint16_t>();
  reader.number<std::uint16_t>();  // reserved
  const auto value_size = reader.number<std::uint32_t>();
  Life life;
  milliseconds cost{0};
  if (!reader.ok()) {
    return corrupt("cut short in its header");
  }
  if (codec > std::to_underlying(Codec::coded)) {
    return corrupt("codec " + std::to_string(codec) + " is not known");
  }
  if (presence > std::to_underlying(Presence::absence) || tag_count > Entry::kTagsMax ||
      !read_milliseconds(fresh, life.fresh) || !read_milliseconds(stale, life.stale) ||
      !read_milliseconds(load_cost, cost)) {
    return corrupt("a header field is out of range");
  }
  auto epochs = read_epochs(reader, tag_count);
  if (!epochs) {
    return std::unexpected(epochs.error());
  }
  const std::string_view key_text = reader.run(key_size);
  if (!reader.ok() || reader.rest().size() != value_size) {
    return corrupt("its size does not match its header");
  }
  if (expected != nullptr && key_text != expected->text()) {
    return corrupt("holds another key");
  }
  auto key = expected != nullptr ? Result<Key>(*expected) : Key::parse(key_text);
  if (!key) {
    return corrupt(key.error().context());
  }
  return StoredEntry{.entry = Entry{.key = *std::move(key),
                                    .value = stored.sub(input.size() - value_size),
                                    .life = life,
                                    .load_cost = cost,
                                    .epochs = *std::move(epochs),
                                    .codec = Codec{codec},
                                    .presence = Presence{presence}},
                     .version = Version{version}};
}

}  // namespace

std::string encode_envelope(const Entry& entry, Version version) {
  const Life life = entry.life.clamped();
  std::string out;
  out.reserve(kHeaderBytes + entry.key.text().size() + entry.value.size() +
              64 * entry.epochs.size());
  out.append(kMagic).push_back(kFormat);
  append_number(out, std::to_underlying(entry.presence));
  append_number(out, std::to_underlying(entry.codec));
  append_number(out, static_cast<std::uint8_t>(entry.epochs.size()));
  append_number(out, std::uint8_t{0});
  append_number(out, std::to_underlying(version));
  append_number(out, wire_milliseconds(life.fresh));
  append_number(out, wire_milliseconds(life.stale));
  append_number(out, wire_milliseconds(entry.load_cost));
  append_number(out, static_cast<std::uint16_t>(entry.key.text().size()));
  append_number(out, std::uint16_t{0});
  append_number(out, static_cast<std::uint32_t>(entry.value.size()));
  for (const TagEpoch& pair : entry.epochs) {
    append_number(out, static_cast<std::uint16_t>(pair.tag.text().size()));
    out.append(pair.tag.text());
    append_number(out, std::to_underlying(pair.epoch));
  }
  out.append(entry.key.text()).append(entry.value.view());
  return out;
}

Result<StoredEntry> decode_envelope(const Bytes& stored, const Key& expected) {
  return decode(stored, &expected);
}

Result<StoredEntry> decode_envelope(const Bytes& stored) { return decode(stored, nullptr); }

}  // namespace larder
