#include <larder/redis/pipeline.hpp>

#include "pipeline_impl.hpp"

namespace larder::redis {

Pipeline::Pipeline(PipelineLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;

Result<Ticket> Pipeline::submit(std::span<const Arg> arguments, const Submission& how,
                                SteadyTime now) {
  return impl_->submit(nullptr, arguments, how, now);
}

Result<Ticket> Pipeline::submit(const Script& script, std::span<const Arg> arguments,
                                const Submission& how, SteadyTime now) {
  return impl_->submit(&script, arguments, how, now);
}

std::optional<Fate> Pipeline::cancel(Ticket ticket) noexcept { return impl_->cancel(ticket); }

void Pipeline::connected(const Session& session, SteadyTime now) { impl_->connected(session, now); }

void Pipeline::disconnected(const Error& cause, Waiting waiting) {
  impl_->disconnected(cause, waiting);
}

void Pipeline::close() { impl_->close(); }

std::span<char> Pipeline::receive_room() { return impl_->receive_room(); }

void Pipeline::received(std::size_t bytes, SteadyTime now) { impl_->received(bytes, now); }

std::span<const std::string_view> Pipeline::to_write(SteadyTime now) {
  return impl_->to_write(now);
}

void Pipeline::written(std::size_t bytes, SteadyTime now) { impl_->written(bytes, now); }

SteadyTime Pipeline::next_tick() const noexcept { return impl_->next_tick(); }

void Pipeline::tick(SteadyTime now) { impl_->tick(now); }

std::optional<PipelineEvent> Pipeline::next() { return impl_->next(); }

bool Pipeline::is_ready() const noexcept { return impl_->is_ready(); }

const ServerHello& Pipeline::hello() const noexcept { return impl_->hello(); }

std::size_t Pipeline::waiting() const noexcept { return impl_->waiting(); }

std::size_t Pipeline::unanswered() const noexcept { return impl_->unanswered(); }

std::size_t Pipeline::bytes() const noexcept { return impl_->bytes(); }

}  // namespace larder::redis
