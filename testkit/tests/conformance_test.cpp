// All it takes to certify a store; docs/testing.md shows it.
#include <larder/testkit/conformance.hpp>

#include <memory>

#include "reference_store.hpp"

namespace {

using MyBackend = larder::testkit::ReferenceBackend;

class MyStore final : public larder::testkit::FakeClockStore {
 public:
  larder::awaitable<larder::Result<std::unique_ptr<larder::CacheBackend>>> open() override {
    co_return std::make_unique<MyBackend>(clock());
  }
};

LARDER_CONFORMANCE(mine, MyStore);

}  // namespace
