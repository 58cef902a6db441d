// bench_memory STORE VALUE_BYTES mix|fill: one store, one process, since what a process holds
// is measured too. Prints one line of JSON.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "allocations.hpp"
#include "ours.hpp"
#include "rivals.hpp"
#include "workload.hpp"

namespace bench {
namespace {

constexpr std::size_t kOperations = 1'000'000;  // of each thread
constexpr int kRepeats = 3;

using Figures = std::map<std::string, double>;

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

struct Load {
  std::vector<larder::Key> keys = make_keys();
  std::string value;
  // What each thread asks for, as keys of its own one after another: a program asks for a key
  // that it has just made, and else fetching keys is most of what is measured.
  std::vector<std::vector<larder::Key>> streams;

  explicit Load(std::size_t value_bytes) : value(value_bytes, 'v') {
    const Zipf zipf(1);
    for (std::uint32_t thread = 0; thread < 2; ++thread) {
      streams.push_back(zipf.draw(keys, kOperations, thread + 2));
    }
  }
};

// What a thread does for each request, besides asking for the key.
enum class Mix { reads, tenth_writes, half_writes, get_or_insert };

bool writes(Mix mix, std::size_t turn) {
  return (mix == Mix::tenth_writes && turn % 10 == 0) || (mix == Mix::half_writes && turn % 2 == 0);
}

// Each answers the hits. The value is copied out, as the rivals' interfaces suggest.
template <typename Store>
std::size_t work(Store& store, const Load& load, std::size_t thread, Mix mix) {
  std::string to(load.value.size(), ' ');
  std::size_t hits = 0;
  std::size_t turn = 0;
  for (const larder::Key& key : load.streams[thread]) {
    if (writes(mix, turn++)) {
      store.put(key, load.value);
    } else if (store.get(key, to.data())) {
      ++hits;
    } else if (mix == Mix::get_or_insert) {
      store.put(key, load.value);
    }
  }
  return hits;
}

// Ours, whose verbs are awaited; reads by find(), or by get().
template <bool kAwaitReads>
std::size_t work_ours(Ours& store, const Load& load, std::size_t thread, Mix mix) {
  std::size_t hits = 0;
  run_here([&]() -> larder::awaitable<void> {
    std::string to(load.value.size(), ' ');
    Ours::Writer writer(load.value);
    std::size_t turn = 0;
    for (const larder::Key& key : load.streams[thread]) {
      bool hit = false;
      if (writes(mix, turn++)) {
        co_await store.put(key, writer);
        continue;
      }
      if constexpr (kAwaitReads) {
        hit = co_await store.get_awaited(key, to.data());
      } else {
        hit = store.get(key, to.data());
      }
      hits += hit ? 1 : 0;
      if (!hit && mix == Mix::get_or_insert) {
        co_await store.put(key, writer);
      }
    }
  });
  return hits;
}

struct Measured {
  double per_second = 0;
  double hit_ratio = 0;
  double allocations = 0;  // of each operation
};

// The median of the repeats.
template <typename Work>
Measured measure(std::size_t threads, Work&& one) {
  std::vector<Measured> all;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    std::barrier start(static_cast<std::ptrdiff_t>(threads) + 1);
    std::atomic<std::size_t> hits{0};
    std::atomic<std::size_t> allocations{0};
    std::vector<std::jthread> workers;
    for (std::size_t thread = 0; thread < threads; ++thread) {
      workers.emplace_back([&, thread] {
        start.arrive_and_wait();
        const std::size_t before = allocations_of_this_thread();
        hits += one(thread);
        allocations += allocations_of_this_thread() - before;
      });
    }
    start.arrive_and_wait();
    const auto began = std::chrono::steady_clock::now();
    workers.clear();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const auto operations = static_cast<double>(threads * kOperations);
    all.push_back(Measured{.per_second = operations / took.count(),
                           .hit_ratio = static_cast<double>(hits) / operations,
                           .allocations = static_cast<double>(allocations) / operations});
  }
  std::ranges::sort(all, {}, &Measured::per_second);
  return all[all.size() / 2];
}

template <typename Work>
void note(Figures& figures, const std::string& name, std::size_t threads, Work&& work) {
  const Measured measured = measure(threads, work);
  const std::string full = name + " " + std::to_string(threads);
  figures[full + " Mops/s"] = measured.per_second / 1e6;
  figures[full + " allocations"] = measured.allocations;
  figures[full + " hit ratio"] = measured.hit_ratio;
}

// All keys are in it: hits, and mixes with writes.
template <typename Store, typename Run>
Figures mixes(Store& store, const Load& load, Run&& run) {
  Figures figures;
  for (const std::size_t threads : {1U, 2U}) {
    for (const auto& [name, mix] : {std::pair{"get", Mix::reads},
                                    {"90/10", Mix::tenth_writes},
                                    {"50/50", Mix::half_writes}}) {
      note(figures, name, threads,
           [&, kind = mix](std::size_t thread) { return run(store, load, thread, kind); });
    }
  }
  return figures;
}

template <typename Store>
void fill(Store& store, const Load& load) {
  for (const larder::Key& key : load.keys) {
    store.put(key, load.value);
  }
}
void fill(Ours& store, const Load& load) {
  run_here([&]() -> larder::awaitable<void> {
    Ours::Writer writer(load.value);
    for (const larder::Key& key : load.keys) {
      co_await store.put(key, writer);
    }
  });
}

template <typename Store>
Figures run(std::string_view what, const Load& load) {
  const auto worker = [](Store& store, const Load& of, std::size_t thread, Mix mix) {
    if constexpr (std::is_same_v<Store, Ours>) {
      return work_ours<false>(store, of, thread, mix);
    } else {
      return work(store, of, thread, mix);
    }
  };
  if (what == "fill") {
    Figures figures;
    if constexpr (Store::kEvicts) {
      Store store({.entries = kKeys / 10, .value_bytes = load.value.size()});
      for (const std::size_t threads : {1U, 2U}) {
        note(figures, "get-or-insert", threads,
             [&](std::size_t thread) { return worker(store, load, thread, Mix::get_or_insert); });
      }
    }
    return figures;
  }
  // A tenth more than fits, so that nothing is evicted.
  const double before = resident_bytes();
  Store store({.entries = kKeys + kKeys / 10, .value_bytes = load.value.size()});
  fill(store, load);
  const double held = (resident_bytes() - before) / kKeys;
  Figures figures = mixes(store, load, worker);
  figures["overhead bytes"] = held - static_cast<double>(kKeyBytes + load.value.size());
  if constexpr (std::is_same_v<Store, Ours>) {
    for (const std::size_t threads : {1U, 2U}) {
      note(figures, "awaited get", threads,
           [&](std::size_t thread) { return work_ours<true>(store, load, thread, Mix::reads); });
    }
  }
  return figures;
}

Figures run(std::string_view store, std::string_view what, const Load& load) {
  if (store == "larder") {
    return run<Ours>(what, load);
  }
  if (store == "map") {
    return run<MapLru>(what, load);
  }
  if (store == "tbb") {
    return run<TbbMap>(what, load);
  }
  if (store == "rocksdb-lru") {
    return run<RocksLru>(what, load);
  }
  if (store == "rocksdb-clock") {
    return run<RocksClock>(what, load);
  }
  std::cerr << "no such store\n";
  std::exit(2);
}

// A process of one thread has cheaper atomics in glibc: this one never has.
class Idler {
 public:
  Idler()
      : thread_([](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any woken;
          std::unique_lock lock(mutex);
          woken.wait(lock, stop, [] { return false; });
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace
}  // namespace bench

int main(int count, char** arguments) {
  if (count != 4) {
    std::cerr << "usage: bench_memory STORE VALUE_BYTES mix|fill\n";
    return 2;
  }
  const bench::Idler idler;
  const bench::Load load(std::strtoul(arguments[2], nullptr, 10));
  std::cout << "{";
  for (const char* comma = "";
       const auto& [name, value] : bench::run(arguments[1], arguments[3], load)) {
    std::cout << comma << '"' << name << "\": " << value;
    comma = ", ";
  }
  std::cout << "}\n";
}
