#include <larder/testkit/run.hpp>

#include <thread>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace larder::testkit {
namespace {

namespace asio = boost::asio;

// Between two looks at what a coroutine waits for. Real I/O of a live store proceeds
// meanwhile; with a fake clock everything is ready at once and the first looks suffice.
constexpr std::chrono::microseconds kLookEvery{200};

struct Ending {
  bool ended = false;
  std::exception_ptr failure;
};

}  // namespace

void run_works(std::vector<awaitable<void>> works, std::size_t threads) {
  std::vector<Ending> endings(works.size());
  std::vector<std::unique_ptr<asio::io_context>> contexts(threads);
  for (auto& context : contexts) {
    context = std::make_unique<asio::io_context>(1);
  }
  for (std::size_t i = 0; i < works.size(); ++i) {
    asio::co_spawn(*contexts[i % threads], std::move(works[i]),
                   [&ending = endings[i]](const std::exception_ptr& failure) {
                     ending = Ending{.ended = true, .failure = failure};
                   });
  }
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < threads; ++i) {
    helpers.emplace_back([&context = *contexts[i]] { context.run_for(kPatience); });
  }
  contexts.front()->run_for(kPatience);
  helpers.clear();
  // What hangs dies here, while the places of the answers still live.
  contexts.clear();

  for (const Ending& ending : endings) {
    if (ending.failure) {
      std::rethrow_exception(ending.failure);
    }
  }
  for (const Ending& ending : endings) {
    if (!ending.ended) {
      throw std::runtime_error("a coroutine did not end within the patience of the test");
    }
  }
}

awaitable<void> yield_until(const std::function<bool()>& done) {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) {
      throw std::runtime_error("what the test waits for did not happen within its patience");
    }
    timer.expires_after(kLookEvery);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace larder::testkit
