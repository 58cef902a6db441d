// All it takes to certify a store; docs/testing.md walks through it.
#include <larder/testkit/conformance.hpp>

#include <memory>

#include "reference_store.hpp"

namespace {

using MyBackend = larder::testkit::ReferenceBackend;

class MyStore final : public larder::testkit::FakeClockStore,
                      public larder::testkit::BreakableStore {
 public:
  larder::awaitable<larder::Result<std::unique_ptr<larder::CacheBackend>>> open() override {
    auto backend = std::make_unique<MyBackend>(clock());
    last_ = backend.get();
    co_return backend;
  }
  larder::awaitable<void> break_store() override {
    last_->unplug();
    co_return;
  }
  larder::awaitable<void> heal_store() override {
    last_->plug_in();
    co_return;
  }

 private:
  MyBackend* last_ = nullptr;
};

LARDER_CONFORMANCE(reference, MyStore);

}  // namespace
