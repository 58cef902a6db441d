#include "blocking/job.hpp"

#include <atomic>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "bell.hpp"
#include "endings.hpp"

namespace larder {
namespace {

// Shared by the coroutine that waits and the thread that works.
struct Job {
  std::shared_ptr<const BlockingLoader> loader;
  BlockingLoadContext context;
  std::stop_source stop;
  // Written by the thread before `has_ended`, read by the coroutine after it.
  Result<Loaded> brought = std::unexpected(cancelled_error());
  // What it threw, as text: the exception itself stays on the thread that threw it.
  std::optional<std::string> threw{};
  std::atomic<bool> has_ended{false};
  Bell ended{};

  void run() {
    if (stop.stop_requested()) {
      return;
    }
    try {
      brought = (*loader)(context);
    } catch (const std::exception& exception) {
      threw = exception.what();
    } catch (...) {
      threw = "something that is no std::exception";
    }
    has_ended.store(true, std::memory_order_release);
    ended.ring();
  }
};

awaitable<Result<Loaded>> load(LoaderPool& pool, std::shared_ptr<const BlockingLoader> loader,
                               Deadline deadline, std::optional<Found> stale) {
  const std::stop_source stop;
  const auto job = std::make_shared<Job>(
      std::move(loader), BlockingLoadContext{deadline, std::move(stale), stop.get_token()}, stop);
  if (!pool.submit([job] { job->run(); })) {
    co_return fail(Errc::overloaded, "loader threads: too many loads wait for one");
  }
  co_await job->ended.wait();
  if (!job->has_ended.load(std::memory_order_acquire)) {
    job->stop.request_stop();
    co_return std::unexpected(cancelled_error());
  }
  if (job->threw) {
    throw std::runtime_error(*job->threw);
  }
  co_return std::move(job->brought);
}

}  // namespace

Loader on_pool(LoaderPool& pool, BlockingLoader loader) {
  auto shared = std::make_shared<const BlockingLoader>(std::move(loader));
  return [&pool, shared = std::move(shared)](const LoadContext& context) {
    return load(pool, shared, context.deadline, context.stale);
  };
}

}  // namespace larder
