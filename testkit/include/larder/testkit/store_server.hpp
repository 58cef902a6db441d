// StoreServer: offers a CacheBackend to RemoteBackends of other processes, for tests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <larder/backend.hpp>
#include <larder/testkit/fake_clock.hpp>

namespace larder::testkit {

// Serves 127.0.0.1 on a thread of its own from start() to destruction. The store and the
// clock, which is the store's, outlive it. It does not close the store.
class StoreServer {
 public:
  static constexpr std::size_t kRequestsMax = 1000;  // of a client, at once; then it waits

  // Port 0 = any free one. unavailable where the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<StoreServer>> start(CacheBackend& store, Clock& clock,
                                                                  std::uint16_t port);
  ~StoreServer();

  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  class Impl;
  explicit StoreServer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// The main function of a program that serves a store, as StoreProcess runs it: says its port
// on standard output, obeys what StoreProcess writes to its standard input, and ends with
// that input, so that it never outlives its parent. `make` opens an empty store, again for
// each "fresh"; `advance` moves on "advance MILLISECONDS", where there is one.
int serve_until_input_ends(const std::function<Result<std::unique_ptr<CacheBackend>>()>& make,
                           Clock& clock, std::uint16_t port, FakeClock* advance);

}  // namespace larder::testkit
