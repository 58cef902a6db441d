#include <larder/none/backend.hpp>
#include <larder/testkit/conformance.hpp>

namespace larder {
namespace {

class NoneStore final : public testkit::FakeClockStore {
 public:
  awaitable<Result<std::unique_ptr<CacheBackend>>> open() override {
    BackendRegistry registry;
    register_none(registry);
    const BackendContext context{.clock = clock(), .log = null_log()};
    co_return co_await registry.open("none", context);
  }
};

LARDER_CONFORMANCE(none, NoneStore);

}  // namespace
}  // namespace larder
