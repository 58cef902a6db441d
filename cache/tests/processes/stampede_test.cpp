// Callers of one cold key in several processes, over one store in another. Nothing here
// depends on how fast anything is: the nodes say what they have reached, the test ends the
// loads, and the store's clock moves when the test says so.
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <larder/cache/options.hpp>
#include <larder/testkit/child_process.hpp>
#include <larder/testkit/store_process.hpp>

namespace larder {
namespace {

using testkit::ChildProcess;
using testkit::StoreProcess;

constexpr std::size_t kCallersOfEach = 5000;

struct Report {
  int loads = -1;
  std::size_t wrong = 0;
  std::string value{};
};

// A process with a Cache and callers. They stand before their call when it is made.
class Node {
 public:
  // `load_takes` is in milliseconds, or "told": until end_load().
  Node(const StoreProcess& store, std::size_t callers, std::string load_takes)
      : process_(LARDER_CACHE_NODE, {std::to_string(store.port()), std::to_string(callers),
                                     std::move(load_takes), "plain"}) {
    EXPECT_EQ(process_.read_line(), "ready");
  }

  void let_callers_go() { process_.write_line("go"); }
  // Until all callers wait for an answer.
  void until_all_wait() {
    for (std::string line; line != "waiting"; line = process_.read_line()) {
      loads_ = loads_ || line == "loading";
    }
  }
  void until_it_loads() { EXPECT_EQ(process_.read_line(), "loading"); }
  [[nodiscard]] bool loads() const noexcept { return loads_; }
  void end_load() { process_.write_line("end"); }
  // When all callers have their answer; the process has ended then.
  Report report() {
    Report report;
    std::string done;
    std::size_t calls = 0;
    std::istringstream(process_.read_line()) >> done >> report.loads >> report.wrong >> calls >>
        report.value;
    EXPECT_EQ(done, "done");
    EXPECT_EQ(process_.join(), 0);
    return report;
  }

  void kill() { process_.kill(); }
  void freeze() { process_.freeze(); }
  void thaw() { process_.thaw(); }

 private:
  ChildProcess process_;
  bool loads_ = false;
};

// Two nodes whose callers all wait while one of them loads.
class TwoProcesses : public testing::Test {
 protected:
  TwoProcesses() {
    first_.let_callers_go();
    second_.let_callers_go();
    first_.until_all_wait();
    second_.until_all_wait();
    EXPECT_NE(first_.loads(), second_.loads()) << "not one load";
  }

  Node& loader() { return first_.loads() ? first_ : second_; }
  Node& other() { return first_.loads() ? second_ : first_; }
  void let_the_lease_run_out() { store_.advance(CacheOptions().lease_hold); }
  // What a caller in a third process gets.
  Report ask_afterwards() {
    Node third(store_, 1, "0");
    third.let_callers_go();
    return third.report();
  }

 private:
  StoreProcess store_{LARDER_STORE_SERVER, {"67108864", "fake"}};
  Node first_{store_, kCallersOfEach, "told"};
  Node second_{store_, kCallersOfEach, "told"};
};

TEST_F(TwoProcesses, load_once_for_ten_thousand_callers) {
  loader().end_load();
  const Report loaded = loader().report();
  const Report shared = other().report();
  EXPECT_EQ(loaded.loads, 1);
  EXPECT_EQ(shared.loads, 0);
  EXPECT_EQ(loaded.wrong, 0U);
  EXPECT_EQ(shared.wrong, 0U);
  EXPECT_EQ(loaded.value, shared.value);
}

TEST_F(TwoProcesses, load_once_more_when_the_one_that_loads_is_killed) {
  loader().kill();
  let_the_lease_run_out();
  other().until_it_loads();
  other().end_load();
  const Report report = other().report();
  EXPECT_EQ(report.loads, 1);
  EXPECT_EQ(report.wrong, 0U);
  const Report afterwards = ask_afterwards();
  EXPECT_EQ(afterwards.loads, 0);
  EXPECT_EQ(afterwards.value, report.value);
}

TEST_F(TwoProcesses, keep_the_newer_value_when_the_one_that_loads_stood_still) {
  loader().freeze();
  let_the_lease_run_out();
  other().until_it_loads();
  other().end_load();
  const Report newer = other().report();
  loader().thaw();
  loader().end_load();
  const Report older = loader().report();
  EXPECT_EQ(newer.loads, 1);
  EXPECT_EQ(newer.wrong, 0U);
  EXPECT_EQ(older.loads, 1);
  EXPECT_EQ(older.wrong, 0U);
  EXPECT_NE(older.value, newer.value);
  EXPECT_EQ(ask_afterwards().value, newer.value);
}

}  // namespace
}  // namespace larder
