#include "blocking/loader_pool.hpp"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace larder {

// Shared with the threads, since one that is left behind may outlive the pool.
struct LoaderPool::State {
  struct Worker {
    std::thread thread{};
    bool ended = false;
  };

  const std::size_t threads_max;
  const std::size_t waiting_max;
  std::mutex mutex{};
  std::condition_variable work{};
  std::condition_variable ended{};
  std::deque<std::function<void()>> waiting{};
  std::vector<Worker> workers{};
  std::size_t idle = 0;
  bool closed = false;

  // With the mutex held. False where there is no thread at all to do the work.
  bool find_worker(const std::shared_ptr<State>& self);
};

LoaderPool::LoaderPool(std::size_t threads_max, std::size_t waiting_max)
    : state_(new State{.threads_max = threads_max, .waiting_max = waiting_max}) {}

LoaderPool::~LoaderPool() { assert(state_->closed && "close() must be called"); }

bool LoaderPool::State::find_worker(const std::shared_ptr<State>& self) {
  if (idle >= waiting.size() || workers.size() == threads_max) {
    return true;
  }
  workers.emplace_back();
  try {
    workers.back().thread = std::thread(serve, self, workers.size() - 1);
  } catch (const std::system_error&) {
    workers.pop_back();
  }
  return !workers.empty();
}

bool LoaderPool::submit(std::function<void()> job) {
  const std::lock_guard lock(state_->mutex);
  if (state_->closed || state_->waiting.size() >= state_->waiting_max) {
    return false;
  }
  state_->waiting.push_back(std::move(job));
  if (!state_->find_worker(state_)) {
    state_->waiting.pop_back();
    return false;
  }
  state_->work.notify_one();
  return true;
}

void LoaderPool::serve(const std::shared_ptr<State>& state, std::size_t index) {
  std::unique_lock lock(state->mutex);
  while (true) {
    ++state->idle;
    state->work.wait(lock, [&] { return state->closed || !state->waiting.empty(); });
    --state->idle;
    if (state->closed) {
      break;
    }
    std::function<void()> job = std::move(state->waiting.front());
    state->waiting.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
  state->workers[index].ended = true;
  state->ended.notify_all();
}

std::size_t LoaderPool::close(milliseconds patience) {
  std::deque<std::function<void()>> dropped;
  std::vector<std::thread> joinable;
  std::size_t left_behind = 0;
  {
    std::unique_lock lock(state_->mutex);
    state_->closed = true;
    dropped.swap(state_->waiting);
    state_->work.notify_all();
    state_->ended.wait_for(lock, patience, [&] {
      return std::ranges::all_of(state_->workers, &State::Worker::ended);
    });
    for (State::Worker& worker : state_->workers) {
      if (worker.ended) {
        joinable.push_back(std::move(worker.thread));
      } else {
        worker.thread.detach();
        ++left_behind;
      }
    }
  }
  for (std::thread& thread : joinable) {
    thread.join();
  }
  return left_behind;
}

}  // namespace larder
