// How one kind of value is cached.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/packed_entry.hpp>

namespace larder {

// Whether the program can read a stored value. Runs in lookups, on any thread; must not throw.
using Readable = std::function<bool(const Bytes&)>;

// All durations: 0 or above. Checked by Cache::check_policy; a wrong one is
// invalid_argument naming the field.
struct Policy {
  // How long a loaded value is fresh. 0 = never: every caller shares one load at a time,
  // and the value is stored only where stale_if_error lets a later caller fall back on it.
  milliseconds ttl{60'000};
  // Shortens each ttl by a random part of up to this share, so that entries made together
  // do not expire together. 0 to 0.9.
  double ttl_jitter = 0.1;
  // How long after its ttl an entry is answered at once (Source::stale) while one load in
  // the background renews it. 0 = never. An entry outdated by its tags is never answered.
  milliseconds stale_while_revalidate{0};
  // How long after its ttl an entry may be served when loading it anew fails. 0 = never.
  // A stored entry lives stale for the longer of this and stale_while_revalidate.
  milliseconds stale_if_error{0};
  // How long a caller who has a stale entry at hand waits for a load; then it gets the stale
  // entry and the load goes on. 0 = until the load ends. At most 1 h.
  milliseconds soft_deadline{0};
  // XFetch (Vattani, Chierichetti, Lowenstein: Optimal probabilistic cache stampede
  // prevention, 2015): a hit may start one load in the background before the entry is
  // stale, the likelier the nearer its end and the longer its load took. 0 = off, 1 = as in
  // the paper, up to 100 = earlier.
  double early_refresh = 0;
  // How long a failed load answers further callers of its key (with a stale entry or its
  // error) before one of them tries again. 0 = not at all. At most 1 min.
  milliseconds error_ttl{100};
  // How long an absence (the loader found nothing) is remembered, less the jitter. 0 = not
  // at all. An absence is never served stale.
  milliseconds negative_ttl{0};
  // When a load is abandoned: its waiters get a stale value or Errc::timeout.
  // 1 ms to 1 h.
  milliseconds load_deadline{30'000};
  // How long the store may take to answer before the cache goes on without it.
  // 1 ms to 1 min.
  milliseconds store_deadline{500};
  // Tags of every entry of this kind; at most Entry::kTagsMax, that of `clearable` included.
  std::vector<Tag> tags{};
  // Whether Cache::clear() of its namespace reaches the entry: it then carries one more tag,
  // whose epoch is asked on each hit. Off where the store has no epochs.
  bool clearable = true;
  // Larger values are answered but not stored. 0 = the store's own bound.
  std::size_t value_bytes_max = 0;
  // A stored value that it refuses is loaded anew, and never answered. Empty: all are read.
  Readable readable{};
};

// What a loader brings.
struct Loaded {
  // nullopt: there is nothing under this key (see Policy::negative_ttl).
  std::optional<Bytes> value;
  // Instead of the policy's, where set, for a value and for an absence. No jitter is applied
  // to these: they are promises. Below 0 counts as 0; more than a store takes is shortened.
  std::optional<milliseconds> ttl{};
  // The whole stale life, that of stale_while_revalidate included.
  std::optional<milliseconds> stale_if_error{};
  // False: answer the waiters, store nothing.
  bool store = true;
  // Store under this key of the same namespace instead of the asked one: the answer turned
  // out to hold for more askers than this one. The entry carries the same epochs, read
  // before the load.
  std::optional<Key> key{};
  // True: what the context showed as stale is still right; it is kept for a new life, and
  // `value` is not looked at. An error where nothing stale was shown.
  bool not_modified = false;
};

// Reads the epochs of tags that only the loader knows. Cache makes it.
class TagReader {
 public:
  virtual ~TagReader() = default;
  [[nodiscard]] virtual awaitable<Result<void>> read(std::vector<Tag> tags) = 0;
};

// What a loader is told. Copies may be kept until the loader has ended.
struct LoadContext {
  Deadline deadline;             // be done by then; the load is abandoned after it
  std::optional<Found> stale{};  // the outdated entry, if one is at hand
  std::shared_ptr<TagReader> tag_reader{};

  // Gives the entry these tags too. To be awaited before the loader reads the data that they
  // cover: the epochs are read now, so that an invalidation which comes while the data is
  // read makes the entry a miss. (Tags brought along with the value could not do that: their
  // epochs would be read after the data.) Where the epochs cannot be read the value is
  // answered but not stored, and the error says why. Later callers may still join this load
  // after an invalidation of such a tag on another node; not after one by this Cache.
  [[nodiscard]] awaitable<Result<void>> add_tags(std::vector<Tag> tags) const;
};

// Brings the value. Runs once for all who wait; may run on the executor of any of them;
// owns what it needs, since it may outlive the call that started it. An exception counts
// as Errc::load_failed; an error is handed out as it is. An abandoned load is cancelled
// (asio terminal cancellation) and what it brings is dropped; Cache::close() waits until it
// has ended.
using Loader = std::function<awaitable<Result<Loaded>>(const LoadContext&)>;

// The same for several keys at once.
struct ManyLoadContext {
  Deadline deadline;
  std::vector<Key> keys{};                    // to be loaded; each once
  std::vector<std::optional<Found>> stale{};  // one for each key
  std::shared_ptr<TagReader> tag_reader{};

  // As LoadContext::add_tags, for all of the keys.
  [[nodiscard]] awaitable<Result<void>> add_tags(std::vector<Tag> tags) const;
};

// Brings a result for each key of the context, in their order. Another number of results is
// Errc::load_failed for all of them. Otherwise as a Loader.
using ManyLoader = std::function<awaitable<Batch<Loaded>>(const ManyLoadContext&)>;

// Where an answer came from.
enum class Source : std::uint8_t {
  store,      // a fresh entry
  load,       // this call loaded it
  coalesced,  // another call was loading it
  stale,      // an entry past its ttl; Answer::failure says why where a load failed
};

// Why the store could not answer; `none` when it did.
enum class MissCause : std::uint8_t {
  none,
  absent,       // no entry
  expired,      // stale
  invalidated,  // made under an old epoch of one of its tags
  unreadable,   // damaged, or refused by Policy::readable
  unavailable,  // the store failed; the cache went on without it
};

struct Answer {
  std::optional<Bytes> value;  // nullopt: a known absence
  milliseconds fresh_left{0};  // 0 or below: not cached, or stale
  Source source = Source::store;
  MissCause cause = MissCause::none;
  bool stored = false;             // it came from the store, or is in it by now
  std::optional<Error> failure{};  // with Source::stale: why loading failed
};

[[nodiscard]] std::string_view to_string(Source source) noexcept;
[[nodiscard]] std::string_view to_string(MissCause cause) noexcept;

}  // namespace larder
