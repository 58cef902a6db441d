#include <larder/testkit/conformance.hpp>

#include "reference_store.hpp"

namespace larder::testkit {
namespace {

class ReferenceStore final : public FakeClockStore {
 public:
  awaitable<Result<std::unique_ptr<CacheBackend>>> open() override {
    co_return std::make_unique<ReferenceBackend>(clock());
  }
};

LARDER_CONFORMANCE(reference, ReferenceStore);

}  // namespace
}  // namespace larder::testkit
