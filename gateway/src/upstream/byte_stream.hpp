// ByteStream: a connection that carries bytes, over plain TCP or TLS.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <larder/clock.hpp>
#include <larder/error.hpp>

#include "upstream/url.hpp"

namespace larder::gateway {

struct Transferred {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  [[nodiscard]] virtual awaitable<Transferred> read_some(std::span<char> into) = 0;
  // An error with 0 bytes on the first call means that the peer got nothing, where
  // `loses_nothing()`.
  [[nodiscard]] virtual awaitable<Transferred> write_some(std::string_view head,
                                                          std::string_view body) = 0;
  // True where a failed write_some certainly sent none of its bytes. TLS records may be
  // half sent.
  [[nodiscard]] virtual bool loses_nothing() const noexcept = 0;
  // True while the peer neither closed nor sent anything: fit for the next request.
  [[nodiscard]] virtual bool quiet() noexcept = 0;
  // Ends what runs on it. Idempotent.
  virtual void close() noexcept = 0;
};

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// Resolves, connects and shakes hands. `tls` is null for http. Ends when cancelled; the
// caller gives the deadline. Errors: unavailable, access_denied for a bad certificate.
[[nodiscard]] awaitable<Result<std::unique_ptr<ByteStream>>> connect_stream(const Url& url,
                                                                            TlsContext tls);

}  // namespace larder::gateway
