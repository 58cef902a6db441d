#include <larder/runtime/runtime.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <larder/runtime/describe.hpp>

namespace larder {
namespace {

namespace asio = boost::asio;

std::size_t cores() noexcept { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace

class Runtime::Impl {
 public:
  Impl(std::size_t threads, LogSink& log) : log_(log) {
    for (std::size_t i = 0; i < threads; ++i) {
      lanes_.push_back(std::make_unique<Lane>());
    }
    for (std::size_t i = 0; i < threads; ++i) {
      lanes_[i]->thread = std::jthread([this, i] { serve(i); });
    }
  }

  std::size_t threads() const noexcept { return lanes_.size(); }

  asio::any_io_executor executor(std::size_t thread) const {
    return lanes_.at(thread)->context.get_executor();
  }

  asio::any_io_executor next_executor() noexcept {
    const auto turn = turn_.fetch_add(1, std::memory_order_relaxed);
    return lanes_[turn % lanes_.size()]->context.get_executor();
  }

  void spawn(asio::any_io_executor executor, std::string name, awaitable<void> work) {
    {
      const std::lock_guard lock(mutex_);
      ++running_;
    }
    auto ended = [this, name = std::move(name)](const std::exception_ptr& raised) {
      if (raised) {
        report(name, raised);
      }
      // Notified under the lock: stop() may end this object as soon as it sees zero.
      const std::lock_guard lock(mutex_);
      --running_;
      idle_.notify_all();
    };
    asio::co_spawn(executor, std::move(work), std::move(ended));
  }

  void run(std::string name, awaitable<void> work) {
    // Shared, because the waiter may return while the other thread is still setting it.
    auto done = std::make_shared<std::promise<void>>();
    auto ended = [this, done, name = std::move(name)](const std::exception_ptr& raised) {
      if (raised) {
        report(name, raised);
        done->set_exception(raised);
      } else {
        done->set_value();
      }
    };
    auto outcome = done->get_future();
    asio::co_spawn(next_executor(), std::move(work), std::move(ended));
    outcome.get();
  }

  void stop() {
    {
      std::unique_lock lock(mutex_);
      idle_.wait(lock, [this] { return running_ == 0; });
    }
    for (const auto& lane : lanes_) {
      lane->guard.reset();
      lane->context.stop();
    }
    for (const auto& lane : lanes_) {
      lane->thread.join();
    }
    stopped_ = true;
  }

  bool stopped() const noexcept { return stopped_; }

 private:
  struct Lane {
    asio::io_context context{1};  // one thread: Asio then skips the wake-up of others
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
    std::jthread thread;
  };

  void report(const std::string& name, const std::exception_ptr& raised) {
    log_.error("runtime", "work threw", {{"work", name}, {"what", describe(raised)}});
  }

  void serve(std::size_t index) {
    pthread_setname_np(pthread_self(), ("larder-io-" + std::to_string(index)).c_str());
    while (true) {
      try {
        lanes_[index]->context.run();
        return;
      } catch (...) {
        log_.error("runtime", "a completion handler threw",
                   {{"what", describe(std::current_exception())}});
      }
    }
  }

  LogSink& log_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<std::size_t> turn_{0};
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t running_ = 0;
  bool stopped_ = false;
};

Runtime::Runtime(std::size_t threads, LogSink& log)
    : impl_(std::make_unique<Impl>(threads == 0 ? cores() : threads, log)) {}

Runtime::~Runtime() {
  if (!impl_->stopped()) {
    std::terminate();
  }
}

std::size_t Runtime::threads() const noexcept { return impl_->threads(); }

asio::any_io_executor Runtime::executor(std::size_t thread) const {
  return impl_->executor(thread);
}

asio::any_io_executor Runtime::next_executor() noexcept { return impl_->next_executor(); }

void Runtime::spawn(asio::any_io_executor executor, std::string name, awaitable<void> work) {
  impl_->spawn(std::move(executor), std::move(name), std::move(work));
}

void Runtime::run(std::string name, awaitable<void> work) {
  impl_->run(std::move(name), std::move(work));
}

void Runtime::stop() { impl_->stop(); }

}  // namespace larder
