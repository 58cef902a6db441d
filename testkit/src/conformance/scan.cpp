// scan: the keys of values, page by page.
#include <algorithm>
#include <string>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

// All pages' keys, sorted.
awaitable<std::vector<Key>> scan_all(Trial& trial, std::string name_space, std::size_t count) {
  constexpr int kPagesMax = 1000;
  std::vector<Key> keys;
  ScanRequest request{.name_space = std::move(name_space), .count = count};
  for (int page_number = 0; page_number < kPagesMax; ++page_number) {
    const ScanPage page = trial.must(co_await trial.store().scan(request, trial.soon()), "scan");
    keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    request.cursor = page.cursor;
    if (request.cursor.empty()) {
      break;
    }
  }
  trial.expect(request.cursor.empty(), "the scan comes to its end");
  std::ranges::sort(keys);
  co_return keys;
}

awaitable<void> lists_the_keys_of_values(Trial& trial) {
  std::vector<Key> keys;
  for (int i = 0; i < 25; ++i) {
    keys.push_back(trial.key("key" + std::to_string(i)));
    co_await put(trial, entry_of(keys.back(), "text"));
  }
  keys.push_back(trial.key(std::string("\0:\xFF", 3)));
  co_await put(trial, entry_of(keys.back(), "text"));
  std::ranges::sort(keys);
  const Key other = trial.key_in("conformance.other", "key");
  co_await put(trial, entry_of(other, "text"));
  for (const std::size_t count : {std::size_t{1}, std::size_t{7}, std::size_t{10'000}}) {
    trial.expect(co_await scan_all(trial, "conformance", count) == keys,
                 "scan of a namespace lists its keys, each once");
  }
  const std::vector<Key> all = co_await scan_all(trial, "", 100);
  trial.equal(all.size(), keys.size() + 1, "keys in all namespaces");
  trial.expect(std::ranges::find(all, other) != all.end(), "the other namespace is among them");
  trial.expect((co_await scan_all(trial, "conformanc", 100)).empty(),
               "a part of a namespace's name is another namespace");
}

awaitable<void> lists_nothing_that_is_gone(Trial& trial) {
  const Life life{.fresh = milliseconds(100), .stale = milliseconds(100)};
  co_await put(trial, entry_of(trial.key("erased"), "text"));
  co_await put(trial, entry_of(trial.key("expired"), "text", life));
  co_await put(trial, entry_of(trial.key("there"), "text"));
  co_await erase(trial, trial.key("erased"));
  co_await trial.pass(life.total());
  const std::vector<Key> keys = co_await scan_all(trial, "conformance", 100);
  trial.expect(keys == std::vector<Key>(1, trial.key("there")), "only what is there is listed");
}

awaitable<void> refuses_a_count_out_of_range(Trial& trial) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{10'001}}) {
    trial.fails(co_await trial.store().scan(ScanRequest{.count = count}, trial.soon()),
                Errc::invalid_argument, "scan");
  }
}

}  // namespace

std::vector<Check> scan_checks() {
  constexpr auto kNeeds = &Capabilities::scan;
  return {
      {"Scan", "lists_the_keys_of_values", kNeeds, lists_the_keys_of_values},
      {"Scan", "lists_nothing_that_is_gone", kNeeds, lists_nothing_that_is_gone},
      {"Scan", "refuses_a_count_out_of_range", kNeeds, refuses_a_count_out_of_range},
  };
}

}  // namespace larder::testkit
