// Line: a pipeline with a pretended server at its end, a clock that tests move, and what
// happened as texts.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <larder/redis/pipeline.hpp>

#include "show.hpp"

namespace larder::redis {

using namespace std::chrono_literals;

inline std::string_view to_text(Fate fate) {
  return fate == Fate::unsent ? "unsent" : fate == Fate::repeatable ? "repeatable" : "unknown";
}

class Line {
 public:
  explicit Line(PipelineLimits limits = {}) : pipeline(limits) {}

  // Names the command in what happens; the name must be a literal.
  [[nodiscard]] Submission how(const char* name, Repeat repeat = Repeat::never) const {
    return {.deadline = now + 500ms, .repeat = repeat, .user = const_cast<char*>(name)};
  }

  Ticket submit(const char* name, std::initializer_list<Arg> arguments,
                Repeat repeat = Repeat::never) {
    return submit(arguments, how(name, repeat));
  }
  Ticket submit(std::initializer_list<Arg> arguments, const Submission& how) {
    return taken(pipeline.submit(arguments, how, now));
  }
  Ticket submit(const Script& script, std::initializer_list<Arg> arguments, const Submission& how) {
    return taken(pipeline.submit(script, arguments, how, now));
  }

  // Everything there is to write, which is written.
  std::string write() {
    std::string all;
    for (auto pieces = pipeline.to_write(now); !pieces.empty(); pieces = pipeline.to_write(now)) {
      std::size_t size = 0;
      for (const std::string_view piece : pieces) {
        all.append(piece);
        size += piece.size();
      }
      pipeline.written(size, now);
    }
    return all;
  }

  // The server says this.
  void hear(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto room = pipeline.receive_room();
      const std::size_t size = std::min(room.size(), bytes.size());
      std::ranges::copy(bytes.substr(0, size), room.begin());
      bytes.remove_prefix(size);
      pipeline.received(size, now);
      take();
    }
  }

  void wait(milliseconds span) {
    now += span;
    pipeline.tick(now);
    take();
  }

  void lose(Waiting waiting = Waiting::keep) {
    pipeline.disconnected(Error(Errc::unavailable, "connection: reset"), waiting);
    take();
  }

  // Connects, with a session of nothing but HELLO.
  void open() {
    pipeline.connected({}, now);
    write();
    hear(kHello);
    happened();
  }

  // What happened since the last call.
  std::vector<std::string> happened() {
    take();
    return std::exchange(events_, {});
  }

  static constexpr std::string_view kHello =
      "%4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n"
      "$4\r\nrole\r\n$6\r\nmaster\r\n";

  Pipeline pipeline;
  SteadyTime now{1h};

 private:
  Ticket taken(const Result<Ticket>& ticket) {
    if (!ticket) {
      events_.push_back("refused: " + std::string(to_string(ticket.error().code())));
    }
    return ticket.value_or(Ticket{});
  }

  void take() {
    while (const auto event = pipeline.next()) {
      events_.push_back(std::visit([](const auto& one) { return text(one); }, *event));
    }
  }

  static std::string name(void* user) { return static_cast<const char*>(user); }
  static std::string text(const Answered& event) {
    return name(event.user) + ": " + show(event.reply);
  }
  static std::string text(const Failed& event) {
    return name(event.user) + " " + std::string(to_text(event.fate)) + ": " +
           std::string(to_string(event.error.code())) + ", " +
           std::string(to_string(event.error.advice()));
  }
  static std::string text(const Pushed& event) { return show(event.message); }
  static std::string text(const SessionReady&) { return "ready"; }
  static std::string text(const Hangup& event) { return "hang up: " + event.error.message(); }

  std::vector<std::string> events_;
};

}  // namespace larder::redis
