#include <larder/testkit/run.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
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

void report(const std::vector<Ending>& endings) {
  for (const Ending& ending : endings) {
    if (ending.failure) {
      std::rethrow_exception(ending.failure);
    }
  }
  if (!std::ranges::all_of(endings, &Ending::ended)) {
    throw std::runtime_error("a coroutine did not end within the patience of the test");
  }
}

}  // namespace

void run_works(std::vector<awaitable<void>> works, std::size_t threads) {
  std::vector<Ending> endings(works.size());
  std::vector<std::unique_ptr<asio::io_context>> contexts(threads);
  for (auto& context : contexts) {
    context = std::make_unique<asio::io_context>(1);
  }
  // Every thread serves until the last work ends, since works may need one another's.
  std::atomic<std::size_t> left = works.size();
  for (std::size_t i = 0; i < works.size(); ++i) {
    asio::co_spawn(*contexts[i % threads], std::move(works[i]),
                   [&left, &contexts, &ending = endings[i]](const std::exception_ptr& failure) {
                     ending = Ending{.ended = true, .failure = failure};
                     if (--left == 0) {
                       std::ranges::for_each(contexts, [](auto& context) { context->stop(); });
                     }
                   });
  }
  const auto serve = [](asio::io_context& context) {
    const auto guard = asio::make_work_guard(context);
    context.run_for(kPatience);
  };
  if (!endings.empty()) {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads; ++i) {
      helpers.emplace_back(serve, std::ref(*contexts[i]));
    }
    serve(*contexts.front());
  }
  // What hangs, or was left running, dies here, while the places of the answers still live.
  contexts.clear();
  report(endings);
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
