// Anything at any time: commands, cancellations, half-written batches, slow and lost servers,
// flushed scripts. Whatever happens, nobody gets another's reply, nothing is done twice, and
// what is said of a command is true.
#include <array>
#include <cstddef>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <larder/redis/pipeline.hpp>
#include <larder/redis/resp_parser.hpp>

#include "line.hpp"

namespace larder::redis {
namespace {

constexpr int kRuns = 200;
constexpr int kSteps = 600;

const std::array<Script, 2> kScripts{Script("return ARGV[1]"), Script("return {ARGV[1]}")};

// Understands commands that name their number last, answers with it, and counts.
class Server {
 public:
  void hear(std::string_view bytes) {
    commands_.feed(bytes);
    while (true) {
      const auto command = commands_.next();
      ASSERT_TRUE(command) << command.error().message();
      if (!*command) {
        return;
      }
      replies_ += reply_to(**command);
    }
  }

  // A part of what it has to say.
  std::string say(std::size_t bytes) {
    std::string said = replies_.substr(0, bytes);
    replies_.erase(0, said.size());
    return said;
  }

  void push() { replies_ += ">2\r\n+message\r\n+hello\r\n"; }
  void flush_scripts() { known_.clear(); }
  void lose_connection() {
    commands_.reset();
    replies_.clear();
  }

  [[nodiscard]] int done(std::size_t number) const {
    const auto found = done_.find(std::to_string(number));
    return found == done_.end() ? 0 : found->second;
  }

 private:
  std::string reply_to(const Value& command) {
    const std::string_view verb = command[0].text();
    const std::string last((command)[command.size() - 1].text());
    std::string echo = "$" + std::to_string(last.size()) + "\r\n" + last + "\r\n";
    if (verb == "HELLO") {
      return std::string(Line::kHello);
    }
    if (verb == "PING") {
      return command.size() == 1 ? "+PONG\r\n" : echo;
    }
    if (verb == "ASKING") {
      return "+OK\r\n";
    }
    if (verb == "SUBSCRIBE") {
      return last.ends_with('3') ? "-NOPERM no\r\n" : ">2\r\n+subscribe\r\n+c\r\n";
    }
    if (verb == "EVALSHA" && !known_.contains(command[1].text())) {
      return "-NOSCRIPT No matching script.\r\n";
    }
    if (verb == "EVAL") {
      known_.insert(std::string(Script(command[1].text()).digest()));
    }
    ++done_[last];
    return echo;
  }

  RespParser commands_;
  std::string replies_;
  std::set<std::string, std::less<>> known_;
  std::map<std::string, int> done_;
};

class RandomRun {
 public:
  explicit RandomRun(unsigned seed) : random_(seed) {}

  // Answers how many commands got their reply.
  int run() {
    for (int step = 0; step < kSteps; ++step) {
      one_step();
      take();
    }
    now_ += 1h;
    pipeline_.tick(now_);
    take();
    for (const auto& [number, command] : pending_) {
      ADD_FAILURE() << "nothing was said of " << number;
    }
    pipeline_.disconnected(Error(Errc::unavailable, "end"), Waiting::fail);
    take();
    EXPECT_EQ(pipeline_.bytes(), 0U);
    EXPECT_EQ(pipeline_.waiting() + pipeline_.unanswered(), 0U);
    return answered_;
  }

 private:
  struct Pending {
    Ticket ticket;
    Repeat repeat;
    SteadyTime deadline;
    bool is_subscription;
  };

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  void one_step() {
    switch (below(16)) {
      case 0:
        return cancel();
      case 1:
        return lose();
      case 2:
        return server_.flush_scripts();
      case 3:
        return server_.push();
      case 4:
      case 5:
        return wait();
      case 6:
      case 7:
      case 8:
        return write();
      case 9:
      case 10:
      case 11:
        return hear();
      default:
        return submit();
    }
  }

  void wait() {
    now_ += milliseconds(below(40));
    pipeline_.tick(now_);
    EXPECT_GT(pipeline_.next_tick(), now_) << "a timer would spin";
  }

  void submit() {
    const std::size_t number = ++last_number_;
    Submission how{.deadline = now_ + milliseconds(1 + below(300)),
                   .repeat = static_cast<Repeat>(below(3)),
                   .asked = below(5) == 0 ? Asked::yes : Asked::no};
    const bool is_subscription = below(10) == 0;
    how.user = reinterpret_cast<void*>(number);
    const Bytes value(std::string(below(8) == 0 ? 10'000 : 10, 'v'));
    Result<Ticket> ticket =
        is_subscription ? pipeline_.submit({"SUBSCRIBE", number}, how, now_)
        : below(3) == 0 ? pipeline_.submit(kScripts[below(2)], {0, value, number}, how, now_)
                        : pipeline_.submit({"SET", value, number}, how, now_);
    if (ticket) {
      pending_[number] = {*ticket, how.repeat, how.deadline, is_subscription};
    } else {
      EXPECT_TRUE(ticket.error().code() == Errc::overloaded);
    }
  }

  void cancel() {
    if (pending_.empty()) {
      return;
    }
    auto which = std::next(pending_.begin(), static_cast<std::ptrdiff_t>(below(pending_.size())));
    if (const auto fate = pipeline_.cancel(which->second.ticket)) {
      check_fate(which->first, *fate, which->second);
    }
    pending_.erase(which);
  }

  void lose() {
    if (is_connected_ && below(4) == 0) {
      hang_up();
    } else if (!is_connected_) {
      pipeline_.connected({}, now_);
      is_connected_ = true;
    }
  }

  void hang_up() {
    pipeline_.disconnected(Error(Errc::unavailable, "reset"),
                           below(2) == 0 ? Waiting::keep : Waiting::fail);
    server_.lose_connection();
    is_connected_ = false;
  }

  void write() {
    const auto pieces = pipeline_.to_write(now_);
    if (!pieces.empty()) {
      const std::size_t size = 1 + below(2 * pieces[0].size());
      const std::string_view part = pieces[0].substr(0, size);
      server_.hear(part);
      pipeline_.written(part.size(), now_);
    }
  }

  void hear() {
    const auto room = pipeline_.receive_room();
    const std::string said = is_connected_ ? server_.say(1 + below(100)) : "";
    std::ranges::copy(said, room.begin());
    pipeline_.received(said.size(), now_);
  }

  void take() {
    while (auto event = pipeline_.next()) {
      if (const auto* const answered = std::get_if<Answered>(&*event)) {
        take(*answered);
      } else if (const auto* const failed = std::get_if<Failed>(&*event)) {
        take(*failed);
      } else if (const auto* const hangup = std::get_if<Hangup>(&*event)) {
        EXPECT_EQ(hangup->error.code(), Errc::unavailable) << hangup->error.message();
        hang_up();
      }
    }
  }

  void take(const Answered& event) {
    const auto number = reinterpret_cast<std::size_t>(event.user);
    const auto found = pending_.find(number);
    ASSERT_NE(found, pending_.end());
    EXPECT_EQ(event.ticket, found->second.ticket);
    if (!found->second.is_subscription) {
      EXPECT_EQ(event.reply.text(), std::to_string(number));
      EXPECT_EQ(server_.done(number), 1);
    } else if (!event.reply.is_error()) {
      EXPECT_TRUE(event.reply.text().starts_with("larder:"));
    }
    pending_.erase(found);
    ++answered_;
  }

  void take(const Failed& event) {
    const auto number = reinterpret_cast<std::size_t>(event.user);
    const auto found = pending_.find(number);
    ASSERT_NE(found, pending_.end());
    check_fate(number, event.fate, found->second);
    const bool may_be_done = event.fate != Fate::unsent && found->second.repeat != Repeat::read;
    EXPECT_EQ(event.error.advice(), may_be_done ? Advice::unknown_outcome : Advice::later);
    pending_.erase(found);
  }

  void check_fate(std::size_t number, Fate fate, const Pending& command) {
    EXPECT_LE(server_.done(number), 1);
    if (fate == Fate::unsent) {
      EXPECT_EQ(server_.done(number), 0);
    } else {
      EXPECT_EQ(fate == Fate::unknown, command.repeat == Repeat::never);
    }
  }

  std::mt19937 random_;
  SteadyTime now_{1h};
  Pipeline pipeline_{{.commands_max = 40,
                      .bytes_max = 200'000,
                      .wait_max = 200ms,
                      .ping_after = 100ms,
                      .silence_max = 300ms,
                      .session_max = 200ms}};
  Server server_;
  std::map<std::size_t, Pending> pending_;
  std::size_t last_number_ = 0;
  int answered_ = 0;
  bool is_connected_ = false;
};

TEST(PipelineRandom, tells_everybody_the_truth_whatever_happens) {
  int answered = 0;
  for (unsigned seed = 0; seed < kRuns; ++seed) {
    SCOPED_TRACE(seed);
    answered += RandomRun(seed).run();
    if (testing::Test::HasFailure()) {
      return;
    }
  }
  EXPECT_GT(answered, 20 * kRuns);
}

}  // namespace
}  // namespace larder::redis
