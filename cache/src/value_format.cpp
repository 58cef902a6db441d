#include <larder/cache/value_format.hpp>

namespace larder {
namespace {

// No ASCII text and no JSON begins with it.
constexpr char kMark = '\xF4';
constexpr std::size_t kVersionBytes = 4;

}  // namespace

Result<void> check_format(FormatId id) {
  if (id.name.empty() || id.name.size() > FormatId::kNameBytesMax) {
    return fail(Errc::invalid_argument,
                "format name: must be 1 to " + std::to_string(FormatId::kNameBytesMax) + " bytes");
  }
  return {};
}

std::string typed_head(FormatId id) {
  std::string head;
  head.reserve(2 + id.name.size() + kVersionBytes);
  head.push_back(kMark);
  head.push_back(static_cast<char>(id.name.size()));
  head.append(id.name);
  for (std::size_t i = 0; i < kVersionBytes; ++i) {
    head.push_back(static_cast<char>(id.version >> (8 * i) & 0xFF));
  }
  return head;
}

Result<Bytes> typed_body(FormatId id, const Bytes& stored) {
  const std::string head = typed_head(id);
  if (!stored.view().starts_with(head)) {
    return fail(Errc::corrupt, std::string(id.name) + " " + std::to_string(id.version) +
                                   ": the value was not written in this format");
  }
  return stored.sub(head.size());
}

}  // namespace larder
