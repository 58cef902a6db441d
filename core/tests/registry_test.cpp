#include <larder/registry.hpp>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace larder {
namespace {

TEST(BackendRegistry, names_what_is_built_in_when_asked_for_something_else) {
  BackendRegistry registry;
  const BackendFactory factory =
      [](const BackendContext&) -> awaitable<Result<std::unique_ptr<CacheBackend>>> {
    co_return fail(Errc::unavailable, "not opened in this test");
  };
  registry.add("memory", factory);
  registry.add("none", factory);
  EXPECT_EQ(registry.types(), (std::vector<std::string>{"memory", "none"}));

  const BackendContext context{.clock = system_clock(), .log = null_log()};
  std::string said;
  const auto open = [&]() -> awaitable<void> {
    const auto backend = co_await registry.open("redis", context);
    said = backend.error().message();
  };
  boost::asio::io_context io;
  boost::asio::co_spawn(io, open(), [](std::exception_ptr) {});
  io.run();
  EXPECT_EQ(said, "unsupported: store type 'redis' is not built in yet; built in: memory, none");
}

}  // namespace
}  // namespace larder
