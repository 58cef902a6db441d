// CodecBackend: values compressed and encrypted on their way to a store.
//
// Compression: zstd, of values of `compress_from` bytes or more, where it saves at least an
// eighth. Encryption: XChaCha20-Poly1305 of every value, with a random nonce; the tag also
// covers the key, so a row that was changed, moved to another key or written by someone
// without our key is refused. Life, tags and size of an entry are not hidden, nor protected.
//
// What cannot be read (damaged, foreign, under an unknown key, or not encrypted where it
// should be) is Errc::corrupt in get(), counted, and never a crash. read_or_lease() asks for
// it again with `despite`, so that it is replaced.
//
// Values are coded on the thread of the caller: about 3 ms for 1 MiB at level 3.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <larder/cache/layer.hpp>
#include <larder/cache/stats.hpp>
#include <larder/secret.hpp>

namespace larder {

struct CodecKey {
  static constexpr std::size_t kBytes = 32;

  std::uint32_t id = 0;  // stored with each value; to be used for one secret only, ever
  Secret secret{};       // kBytes random bytes
};

struct CodecOptions {
  static constexpr std::size_t kKeysMax = 16;

  std::size_t compress_from = 1024;  // 0 = nothing is compressed
  int level = 3;                     // of zstd, 1 to 19
  // The first encrypts, all decrypt; none = no encryption. To change keys, put the new one
  // behind the old on every node, then in front, then drop the old when its entries have
  // expired.
  std::vector<CodecKey> keys{};
};

// Any thread.
class CodecBackend final : public Layer {
 public:
  // invalid_argument for an option out of its range; the text names it and holds no secret.
  [[nodiscard]] static Result<std::unique_ptr<CodecBackend>> make(CacheBackend& inner,
                                                                  CodecOptions options);
  ~CodecBackend() override;

  [[nodiscard]] CodecStats codec_stats() const noexcept;

  // With keys, value_bytes_max is smaller by what encryption adds.
  const Capabilities& capabilities() const noexcept override;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override;
  BackendStats stats() const override;

 private:
  class Impl;
  CodecBackend(CacheBackend& inner, std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder
