// What the tests of Upstream share: a runtime with one thread, a clock that stands still,
// and the notices an upstream sends.
#pragma once

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <larder/gateway/upstream.hpp>
#include <larder/testkit/fake_clock.hpp>
#include <larder/testkit/run.hpp>

#include "fake_server.hpp"

namespace larder::gateway::test {

inline constexpr std::string_view kDiscovered =
    R"({"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},)"
    R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"fake","version":"1"}},)"
    R"("instructions":"be kind","ttlMs":0,"cacheScope":"public"})";
inline constexpr std::string_view kDiscoveredListening =
    R"({"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}}})";
inline constexpr std::string_view kInitialized =
    R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},)"
    R"("serverInfo":{"name":"old","version":"0.9"}})";

// Keeps what was logged.
class KeptLog final : public LogSink {
 public:
  void write(LogLevel /*level*/, std::string_view /*component*/, std::string_view message,
             std::initializer_list<LogField> fields) noexcept override {
    const std::lock_guard lock(mutex_);
    std::string line(message);
    for (const auto& [name, value] : fields) {
      line.append(" ").append(name).append("=").append(value);
    }
    lines_.push_back(std::move(line));
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Waits for what real I/O is about to bring; throws when it does not.
inline awaitable<void> until(std::function<bool()> done) { co_await testkit::yield_until(done); }

// One scene of a test: a runtime, a clock, one upstream, and the servers it meets.
class Stage {
 public:
  using Body = awaitable<void> (*)(Stage&);

  // Runs the coroutine, then closes the upstream and the servers it may have started.
  void play(Body body) {
    try {
      runtime_.run("test", finish(body));
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    runtime_.stop();
  }

  Upstream& connect(UpstreamOptions options) {
    static constexpr auto keep = [](Stage& test, UpstreamNotice notice) -> awaitable<void> {
      co_await until([&test] { return !test.hold_notices; });
      test.notices.push_back(std::move(notice));
      co_return;
    };
    options.name = "fake";
    upstream_ = Upstream::start(
        runtime_, runtime_.executor(0), std::move(options),
        [this](const UpstreamNotice& notice) { return keep(*this, notice); }, clock, log);
    return *upstream_;
  }

  FakeServer& serve(FakeServer::Script script, unsigned short port = 0) {
    servers_.push_back(std::make_unique<FakeServer>(runtime_, std::move(script), port));
    return *servers_.back();
  }

  // Moves time forward in steps until it has happened: for what waits behind a backoff.
  // Not further than `limit`, for what must not run into a timeout meanwhile.
  awaitable<void> advance_until(std::function<bool()> done,
                                milliseconds limit = std::chrono::hours(24)) {
    const SteadyTime end = clock.now() + limit;
    const std::function<bool()> step = [this, done, end] {
      if (done()) {
        return true;
      }
      if (clock.now() < end) {
        clock.advance(milliseconds(50));
      }
      return false;
    };
    co_await testkit::yield_until(step);
  }

  [[nodiscard]] UpstreamCall call_to(std::string method, std::string params = "{}") {
    UpstreamCall call;
    call.method = std::move(method);
    call.request.params_json = std::move(params);
    call.deadline = clock.in(milliseconds(20'000));
    return call;
  }

  [[nodiscard]] bool logged(std::string_view text) const {
    const auto lines = log.lines();
    return std::ranges::any_of(
        lines, [text](const std::string& line) { return line.find(text) != std::string::npos; });
  }

  [[nodiscard]] Deadline soon() const { return clock.in(milliseconds(60'000)); }

  testkit::FakeClock clock;
  KeptLog log;
  std::vector<UpstreamNotice> notices;
  bool hold_notices = false;  // the handler does not return

  [[nodiscard]] Runtime& runtime() { return runtime_; }
  [[nodiscard]] boost::asio::any_io_executor executor() { return runtime_.executor(0); }

  awaitable<void> close() {
    if (upstream_) {
      co_await upstream_->close();
      upstream_.reset();
    }
  }

 private:
  awaitable<void> finish(Body body) {
    std::exception_ptr failure;
    try {
      co_await body(*this);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await close();
    for (const auto& server : servers_) {
      co_await server->stop();
    }
    servers_.clear();
    if (failure) {
      std::rethrow_exception(failure);
    }
  }

  Runtime runtime_{1, log};
  std::vector<std::unique_ptr<FakeServer>> servers_;
  std::unique_ptr<Upstream> upstream_;
};

inline void play(Stage::Body body) {
  Stage stage;
  stage.play(body);
}

}  // namespace larder::gateway::test
