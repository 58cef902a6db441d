#include <larder/memory/backend.hpp>
#include <larder/testkit/conformance.hpp>

namespace larder {
namespace {

class MemoryStore final : public testkit::FakeClockStore {
 public:
  awaitable<Result<std::unique_ptr<CacheBackend>>> open() override {
    co_return MemoryCacheBackend::make(clock(), MemoryOptions());
  }
};

LARDER_CONFORMANCE(memory, MemoryStore);

}  // namespace
}  // namespace larder
