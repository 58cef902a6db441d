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

// Of a loader's thread, which may still run when the load and the cache are gone.
class TagCalls final : public BlockingTagReader {
 public:
  TagCalls(std::shared_ptr<Calls> calls, const std::shared_ptr<TagReader>& reader)
      : calls_(std::move(calls)), reader_(reader) {}

  Result<void> read(std::vector<Tag> tags) override {
    return calls_->run("add_tags", Deadline::max(), read_in_load(reader_, std::move(tags)));
  }

 private:
  // Only here, on the io thread, is the reader held: it may not end on another.
  static awaitable<Result<void>> read_in_load(std::weak_ptr<TagReader> reader,
                                              std::vector<Tag> tags) {
    const std::shared_ptr<TagReader> alive = reader.lock();
    if (!alive) {
      co_return fail(Errc::cancelled, "add_tags: the load was abandoned");
    }
    co_return co_await alive->read(std::move(tags));
  }

  std::shared_ptr<Calls> calls_;
  std::weak_ptr<TagReader> reader_;
};

// Shared by the coroutine that waits and the thread that works.
template <typename Context, typename Brought>
struct Job {
  using Function = std::function<Brought(const Context&)>;

  std::shared_ptr<const Function> loader;
  Context context;
  std::stop_source stop;
  // Written by the thread before `has_ended`, read by the coroutine after it.
  std::optional<Brought> brought{};
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

template <typename Context, typename Brought>
awaitable<Result<Brought>> load(
    LoaderPool& pool, std::shared_ptr<const std::function<Brought(const Context&)>> loader,
    Context context) {
  const std::stop_source stop;
  context.stop = stop.get_token();
  const auto job =
      std::make_shared<Job<Context, Brought>>(std::move(loader), std::move(context), stop);
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
  co_return *std::move(job->brought);
}

}  // namespace

Result<void> BlockingLoadContext::add_tags(std::vector<Tag> tags) const {
  return tag_reader->read(std::move(tags));
}

Result<void> BlockingManyLoadContext::add_tags(std::vector<Tag> tags) const {
  return tag_reader->read(std::move(tags));
}

Loader on_pool(LoaderPool& pool, std::shared_ptr<Calls> calls, BlockingLoader loader) {
  auto shared = std::make_shared<const BlockingLoader>(std::move(loader));
  return [&pool, calls = std::move(calls),
          shared = std::move(shared)](const LoadContext& context) -> awaitable<Result<Loaded>> {
    BlockingLoadContext blocking{
        .deadline = context.deadline,
        .stale = context.stale,
        .tag_reader = std::make_shared<TagCalls>(calls, context.tag_reader)};
    auto brought =
        co_await load<BlockingLoadContext, Result<Loaded>>(pool, shared, std::move(blocking));
    co_return brought ? *std::move(brought) : std::unexpected(std::move(brought).error());
  };
}

ManyLoader on_pool(LoaderPool& pool, std::shared_ptr<Calls> calls, BlockingManyLoader loader) {
  auto shared = std::make_shared<const BlockingManyLoader>(std::move(loader));
  return [&pool, calls = std::move(calls),
          shared = std::move(shared)](const ManyLoadContext& context) -> awaitable<Batch<Loaded>> {
    const std::size_t count = context.keys.size();
    BlockingManyLoadContext blocking{
        .deadline = context.deadline,
        .keys = context.keys,
        .stale = context.stale,
        .tag_reader = std::make_shared<TagCalls>(calls, context.tag_reader)};
    auto brought =
        co_await load<BlockingManyLoadContext, Batch<Loaded>>(pool, shared, std::move(blocking));
    co_return brought ? *std::move(brought) : fail_all<Loaded>(count, brought.error());
  };
}

}  // namespace larder
