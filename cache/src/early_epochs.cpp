#include "early_epochs.hpp"

#include <atomic>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "bell.hpp"
#include "endings.hpp"

namespace larder {

namespace asio = boost::asio;

// Shared with the coroutine that asks, which may end after the one that waits.
struct EarlyEpochs::Question {
  EpochTable table{};
  bool told = false;  // the table was read; known to others once the bell has rung
  std::atomic<bool> given_up{false};
  Bell ended{};
};

EarlyEpochs::EarlyEpochs(Store& store, OpenWork& open, const asio::any_io_executor& executor,
                         EpochTable wanted, Deadline deadline)
    : question_(std::make_shared<Question>()), task_(Strand(executor)) {
  if (!open.enter(1)) {
    question_->ended.ring();
    return;
  }
  question_->table = std::move(wanted);
  task_.start(ask(question_, store, deadline),
              [&open, ended = question_->ended](const std::exception_ptr&) {
                open.leave();
                ended.ring();
              });
}

EarlyEpochs::~EarlyEpochs() {
  if (!answered_) {
    question_->given_up = true;
    task_.cancel();
  }
}

awaitable<void> EarlyEpochs::ask(std::shared_ptr<Question> question, Store& store,
                                 Deadline deadline) {
  // Lets the caller ask for the entries first. A breaker then probes with what the caller
  // cannot do without, and one that refuses costs no second refusal.
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
  if (question->given_up || is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return;
  }
  co_await question->table.read(store, deadline);
  question->told = true;
}

awaitable<void> EarlyEpochs::wait() {
  co_await question_->ended.wait();
  answered_ = !is_cancelled(co_await asio::this_coro::cancellation_state);
}

const EpochTable* EarlyEpochs::told() const noexcept {
  return answered_ && question_->told ? &question_->table : nullptr;
}

}  // namespace larder
