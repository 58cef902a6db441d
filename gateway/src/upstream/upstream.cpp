#include <larder/gateway/upstream.hpp>

#include <exception>
#include <utility>

#include <larder/runtime/deadline.hpp>

#include "upstream/first_of.hpp"
#include "upstream/upstream_impl.hpp"

namespace larder::gateway {
namespace {

// For DELETE on a session, so that a dead server does not hold up the end.
constexpr milliseconds kFarewellTime{1'000};

}  // namespace

Upstream::Impl::Impl(Runtime& runtime, boost::asio::any_io_executor executor,
                     UpstreamOptions options, NoticeHandler on_notice, Clock& clock, LogSink& log)
    : runtime_(runtime),
      executor_(std::move(executor)),
      options_(std::move(options)),
      on_notice_(std::move(on_notice)),
      clock_(clock),
      log_(log),
      changed_(executor_),
      noticed_(executor_) {}

awaitable<void> Upstream::Impl::main() {
  struct Runs {
    ~Runs() {
      impl.main_runs_ = false;
      impl.changed_.notify_all();
    }
    Impl& impl;
  };
  const Runs runs{*this};
  static constexpr auto until_closing = [](Impl& impl) -> awaitable<void> {
    while (!impl.closing_) {
      (void)co_await impl.changed_.wait();
    }
  };
  co_await first_of(first_of(supervise(), deliver()), until_closing(*this));
}

awaitable<Result<ServerFacts>> Upstream::Impl::facts(Deadline deadline) {
  const auto link = co_await with_deadline(clock_, deadline, "not ready in time", ready_link());
  if (!link) {
    co_return std::unexpected(link.error().within(options_.name));
  }
  co_return (*link)->facts;
}

awaitable<void> Upstream::Impl::close() {
  const bool first = !closing_;
  closing_ = true;
  changed_.notify_all();
  while (main_runs_ || (!first && !closed_)) {
    (void)co_await changed_.wait();
  }
  if (!first) {
    co_return;
  }
  if (channel_) {
    if (link_ && !link_->session_id.empty()) {
      (void)co_await race_deadline(clock_, clock_.in(kFarewellTime), farewell(link_));
    }
    co_await channel_->close();
  }
  while (!running_.empty() || errands_ > 0) {
    (void)co_await changed_.wait();
  }
  update([](UpstreamStatus& status) { status.state = UpstreamState::closed; });
  channel_.reset();
  link_.reset();
  closed_ = true;
  changed_.notify_all();
}

awaitable<bool> Upstream::Impl::farewell(LinkPtr link) {
  co_await link->channel->end_session(link->headers());
  co_return true;
}

UpstreamStatus Upstream::Impl::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::unique_ptr<Upstream> Upstream::start(Runtime& runtime, boost::asio::any_io_executor executor,
                                          UpstreamOptions options, NoticeHandler on_notice,
                                          Clock& clock, LogSink& log) {
  auto impl = std::make_shared<Impl>(runtime, executor, std::move(options), std::move(on_notice),
                                     clock, log);
  static constexpr auto keep_alive = [](std::shared_ptr<Impl> self) -> awaitable<void> {
    co_await self->main();
  };
  impl->expect_main();
  runtime.spawn(executor, "upstream " + impl->name(), keep_alive(impl));
  return std::unique_ptr<Upstream>(new Upstream(std::move(impl)));
}

Upstream::Upstream(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

Upstream::~Upstream() {
  if (!impl_->closed()) {
    std::terminate();
  }
}

const std::string& Upstream::name() const noexcept { return impl_->name(); }
UpstreamStatus Upstream::status() const { return impl_->status(); }

awaitable<Result<ServerFacts>> Upstream::facts(Deadline deadline) {
  co_return co_await run_on(impl_->executor(), impl_->facts(deadline));
}

awaitable<Result<UpstreamReply>> Upstream::call(UpstreamCall call) {
  co_return co_await run_on(impl_->executor(), impl_->call(std::move(call)));
}

awaitable<void> Upstream::close() {
  const std::shared_ptr<Impl> impl = impl_;
  co_await run_on(impl->executor(), impl->close());
}

}  // namespace larder::gateway
