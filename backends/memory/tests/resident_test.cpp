// What the store says it holds against what its process does. Each case has a process of its
// own. Built without sanitizers only, since they bring an allocator of their own.
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <string>

#include "store.hpp"

namespace larder::memory {
namespace {

constexpr double kErrorMax = 0.15;
constexpr std::size_t kBytes = std::size_t{64} << 20;

double resident() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double pages = 0;
  statm >> size >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void put_many(Store& store, int count, std::size_t bytes, Life life = {.fresh = 1h}) {
  for (int i = 0; i < count; ++i) {
    store.put(entry("a key " + std::to_string(i), std::string(bytes, 'v'), life));
  }
}

// Runs `fill` in another process; the exit code tells what it found.
void expect_exact(const std::function<void(Store&)>& fill) {
  const pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    // The program's own pages, which a new process touches first; and what earlier tests
    // freed, which would be used again unseen.
    put_many(*std::make_unique<Store>(kBytes), 5000, 100);
    ::malloc_trim(0);
    const double before = resident();
    Store store(kBytes);
    fill(store);
    const auto charged = static_cast<double>(*store.stats().bytes);
    const double grown = resident() - before;
    const bool exact = charged > grown * (1 - kErrorMax) && charged < grown * (1 + kErrorMax);
    std::cout << "charged " << charged / 1e6 << " MB, resident " << grown / 1e6 << " MB\n"
              << std::flush;
    ::_exit(exact ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(MemoryResident, is_as_charged_for_values_of_100_bytes) {
  expect_exact([](Store& store) { put_many(store, 150'000, 100); });
}

TEST(MemoryResident, is_as_charged_for_values_of_1_kilobyte) {
  expect_exact([](Store& store) { put_many(store, 40'000, 1024); });
}

TEST(MemoryResident, is_as_charged_for_values_of_100_kilobytes) {
  expect_exact([](Store& store) { put_many(store, 500, 100'000); });
}

TEST(MemoryResident, is_as_charged_for_tagged_values) {
  expect_exact([](Store& store) {
    for (int i = 0; i < 60'000; ++i) {
      Entry item = entry(std::to_string(i), std::string(200, 'v'), {.fresh = 1h});
      for (int tag = 0; tag < 4; ++tag) {
        item.epochs.push_back(
            TagEpoch{.tag = key("a tag " + std::to_string(tag)), .epoch = Epoch{7}});
      }
      store.put(item);
    }
  });
}

TEST(MemoryResident, is_as_charged_after_a_churn_of_mixed_sizes) {
  expect_exact([](Store& store) {
    std::minstd_rand random(5);
    for (int i = 0; i < 150'000; ++i) {
      const std::size_t bytes = std::size_t{16} << (random() % 11);
      store.put(entry(std::to_string(random() % 100'000), std::string(bytes, 'v'), {.fresh = 1h}));
    }
  });
}

TEST(MemoryResident, is_as_charged_after_most_has_expired) {
  expect_exact([](Store& store) {
    put_many(store, 40'000, 1024, {.fresh = 1s});
    for (int i = 0; i < 10'000; ++i) {
      store.put(entry("stays " + std::to_string(i), std::string(1024, 'v'), {.fresh = 1h}));
    }
    store.clock.advance(1s);
  });
}

}  // namespace
}  // namespace larder::memory
