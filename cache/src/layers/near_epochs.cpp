#include <utility>

#include <boost/asio/this_coro.hpp>

#include "near_impl.hpp"

namespace larder {

namespace asio = boost::asio;

struct NearTierBackend::Impl::TagPlace {
  std::size_t place;
  EpochCopies::QuestionPtr question;
};

// The questions that one call leads. One that it never lands, since its coroutine was
// destroyed, must not keep others waiting.
class NearTierBackend::Impl::LedQuestions {
 public:
  explicit LedQuestions(const std::vector<TagPlace>& led) : led_(led) {}
  ~LedQuestions() {
    for (const TagPlace& one : led_) {
      EpochCopies::abandon(*one.question);
    }
  }
  LedQuestions(const LedQuestions&) = delete;
  LedQuestions& operator=(const LedQuestions&) = delete;

 private:
  const std::vector<TagPlace>& led_;
};

awaitable<Batch<Epoch>> NearTierBackend::Impl::epochs(std::span<const Tag> tags,
                                                      Deadline deadline) {
  if (is_refused(tags.size(), deadline)) {
    co_return co_await remote_.epochs(tags, deadline);
  }
  Batch<Epoch> answers(tags.size());
  std::vector<TagPlace> asking;
  const LedQuestions led(asking);
  std::vector<TagPlace> joined;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (const auto epoch = epochs_.find(tags[i])) {
      answers[i] = *epoch;
      continue;
    }
    EpochCopies::Seat seat = epochs_.board(tags[i], deadline);
    (seat.leads ? asking : joined)
        .push_back(TagPlace{.place = i, .question = std::move(seat.question)});
  }
  if (!asking.empty()) {
    co_await ask_epochs(tags, asking, deadline, answers);
  }
  // Own questions first: two calls that wait for one another's would never end otherwise.
  if (!joined.empty()) {
    co_await join_epochs(tags, joined, deadline, answers);
  }
  co_return answers;
}

awaitable<void> NearTierBackend::Impl::ask_epochs(std::span<const Tag> tags,
                                                  std::span<const TagPlace> asking,
                                                  Deadline deadline, Batch<Epoch>& answers) {
  std::vector<Tag> wanted;
  wanted.reserve(asking.size());
  for (const TagPlace& one : asking) {
    wanted.push_back(tags[one.place]);
  }
  Batch<Epoch> asked = co_await remote_.epochs(wanted, deadline);
  for (std::size_t i = 0; i < asking.size(); ++i) {
    epochs_.land(wanted[i], asking[i].question, asked[i]);
    answers[asking[i].place] = std::move(asked[i]);
  }
}

awaitable<void> NearTierBackend::Impl::join_epochs(std::span<const Tag> tags,
                                                   std::span<const TagPlace> joined,
                                                   Deadline deadline, Batch<Epoch>& answers) {
  std::vector<TagPlace> alone;
  for (const TagPlace& one : joined) {
    if (!is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_await one.question->landed.wait();
    }
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
      answers[one.place] = std::unexpected(cancelled_error());
    } else if (auto answer = epochs_.answer(*one.question)) {
      answers[one.place] = *std::move(answer);
    } else {
      alone.push_back(TagPlace{.place = one.place, .question = epochs_.ask(deadline)});
    }
  }
  if (is_cancelled(co_await asio::this_coro::cancellation_state)) {
    for (const TagPlace& one : alone) {
      answers[one.place] = std::unexpected(cancelled_error());
    }
  } else if (!alone.empty()) {
    co_await ask_epochs(tags, alone, deadline, answers);
  }
}

}  // namespace larder
