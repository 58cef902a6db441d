// EarlyEpochs: the epochs of tags that are known beforehand, asked while the store still looks
// for the entries: one wait instead of two.
//
// What they prove is less than what epochs asked after the entries prove. That an entry was
// made under them is proof: no invalidation that had completed before the call has it under an
// old epoch. That it was not is none: it may have been made under newer ones, between the
// two answers.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "epoch_table.hpp"
#include "open_work.hpp"
#include "task.hpp"

namespace larder {

// Of one coroutine. What has not been answered at its end is given up; close() waits for that.
class EarlyEpochs {
 public:
  // Nothing is asked where the cache is closed. The references outlive what `open` counts.
  EarlyEpochs(Store& store, OpenWork& open, const boost::asio::any_io_executor& executor,
              EpochTable wanted, Deadline deadline);
  ~EarlyEpochs();
  EarlyEpochs(const EarlyEpochs&) = delete;
  EarlyEpochs& operator=(const EarlyEpochs&) = delete;

  // Returns when the store has answered, or when the waiting coroutine was cancelled.
  [[nodiscard]] awaitable<void> wait();

  // Afterwards: the epochs, nullptr where they are not there.
  [[nodiscard]] const EpochTable* told() const noexcept;

 private:
  struct Question;
  static awaitable<void> ask(std::shared_ptr<Question> question, Store& store, Deadline deadline);

  std::shared_ptr<Question> question_;
  Task task_;
  bool answered_ = false;
};

}  // namespace larder
