#include <larder/cache/codec.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <sodium.h>
#include <boost/asio/this_coro.hpp>

#include "coding.hpp"
#include "counters.hpp"
#include "endings.hpp"

namespace larder {
namespace {

constexpr int kLevelMax = 19;

Result<void> check(const CodecOptions& options) {
  const auto refuse = [](std::string what) {
    return fail(Errc::invalid_argument, "codec: " + std::move(what));
  };
  if (options.level < 1 || options.level > kLevelMax) {
    return refuse("level: expected 1 to 19");
  }
  if (options.keys.size() > CodecOptions::kKeysMax) {
    return refuse("keys: expected at most 16");
  }
  std::set<std::uint32_t> ids;
  for (const CodecKey& key : options.keys) {
    if (key.secret.reveal().size() != CodecKey::kBytes) {
      return refuse("keys: key " + std::to_string(key.id) + " is not 32 bytes");
    }
    if (!ids.insert(key.id).second) {
      return refuse("keys: two keys with the id " + std::to_string(key.id));
    }
  }
  return {};
}

}  // namespace

class CodecBackend::Impl {
 public:
  Impl(CacheBackend& inner, CodecOptions options, Capabilities capabilities)
      : inner_(inner),
        capabilities_(capabilities),
        coding_(std::move(options), capabilities.value_bytes_max) {}

  // Sends what can be sent, coded, and puts the answers back into the order of the items.
  // Of a PutItem or a Fill; `send` is the inner verb.
  template <typename T, typename Item, typename Send>
  awaitable<Batch<T>> write(std::span<const Item> items, Send send) {
    Batch<T> answers = fail_all<T>(items.size(), Error(Errc::too_large, too_large()));
    std::vector<Item> coded;
    std::vector<std::size_t> places;
    coded.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].entry.value.size() <= capabilities_.value_bytes_max) {
        coded.push_back(items[i]);
        encode(coded.back().entry);
        places.push_back(i);
      }
    }
    if (coded.empty() && !items.empty()) {
      co_return answers;
    }
    Batch<T> sent = co_await send(std::span<const Item>(coded));
    for (std::size_t i = 0; i < sent.size(); ++i) {
      answers[places[i]] = std::move(sent[i]);
    }
    co_return answers;
  }

  // As it was put; corrupt where that cannot be told.
  [[nodiscard]] Result<Found> decode(const Found& found) {
    const PackedEntry& stored = *found.entry;
    if (coding_.is_plain(stored.codec())) {
      return found;
    }
    auto value = coding_.decode({.key_text = stored.key_text(), .presence = stored.presence()},
                                stored.codec(), value_of(found.entry));
    if (!value) {
      unreadable_.add();
      return std::unexpected(std::move(value).error());
    }
    Entry entry{.key = stored.key(),
                .value = std::move(value->value),
                .life = stored.life(),
                .load_cost = stored.load_cost(),
                .epochs = stored.epochs(),
                .codec = value->codec,
                .presence = stored.presence()};
    return Found{
        .entry = PackedEntry::pack(entry), .life_left = found.life_left, .version = found.version};
  }

  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) {
    Batch<LeaseAnswer> answers = co_await inner_.read_or_lease(requests, deadline);
    std::vector<LeaseRequest> again;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (std::optional<Version> damaged = decode(answers[i])) {
        again.push_back(requests[i]);
        again.back().despite = damaged;
        places.push_back(i);
      }
    }
    // After a cancellation the next await would throw.
    if (again.empty() || is_cancelled(co_await boost::asio::this_coro::cancellation_state)) {
      co_return answers;
    }
    Batch<LeaseAnswer> second = co_await inner_.read_or_lease(again, deadline);
    for (std::size_t i = 0; i < second.size(); ++i) {
      // Replaced meanwhile by another that cannot be read stays the error that it is.
      if (!decode(second[i])) {
        answers[places[i]] = std::move(second[i]);
      }
    }
    co_return answers;
  }

  [[nodiscard]] CodecStats stats() const noexcept {
    return CodecStats{.compressed = compressed_.count(),
                      .bytes_before = bytes_before_.count(),
                      .bytes_after = bytes_after_.count(),
                      .left_plain = left_plain_.count(),
                      .encrypted = encrypted_.count(),
                      .unreadable = unreadable_.count()};
  }

  CacheBackend& inner_;
  const Capabilities capabilities_;
  const Coding coding_;

 private:
  void encode(Entry& entry) {
    Coding::Coded coded = coding_.encode(entry);
    if (coded.packing == Coding::Coded::Packing::packed) {
      compressed_.add();
      bytes_before_.add(entry.value.size());
      bytes_after_.add(coded.value.size());
    } else if (coded.packing == Coding::Coded::Packing::too_little) {
      left_plain_.add();
    }
    encrypted_.add(coding_.encrypts() ? 1 : 0);
    entry.value = std::move(coded.value);
    entry.codec = coded.codec;
  }

  // Decodes what was found. A lease is answered without an entry that cannot be read; where
  // that entry stands in the way of a lease, its version, and the answer is corrupt.
  [[nodiscard]] std::optional<Version> decode(Result<LeaseAnswer>& answer) {
    if (!answer || !answer->found) {
      return std::nullopt;
    }
    const Version version = answer->found->version;
    auto found = decode(*answer->found);
    if (found) {
      answer->found = *std::move(found);
      return std::nullopt;
    }
    answer->found.reset();
    if (answer->state != LeaseState::not_needed) {
      return std::nullopt;
    }
    answer = std::unexpected(std::move(found).error());
    return version;
  }

  [[nodiscard]] std::string too_large() const {
    return "value: more than " + std::to_string(capabilities_.value_bytes_max) + " bytes";
  }

  Counter compressed_;
  Counter bytes_before_;
  Counter bytes_after_;
  Counter left_plain_;
  Counter encrypted_;
  Counter unreadable_;
};

Result<std::unique_ptr<CodecBackend>> CodecBackend::make(CacheBackend& inner,
                                                         CodecOptions options) {
  if (const auto valid = check(options); !valid) {
    return std::unexpected(valid.error());
  }
  if (sodium_init() < 0) {
    return fail(Errc::unavailable, "codec: the system gives no random numbers");
  }
  Capabilities capabilities = inner.capabilities();
  if (!options.keys.empty()) {
    capabilities.value_bytes_max -= std::min(capabilities.value_bytes_max, Coding::kOverhead);
  }
  return std::unique_ptr<CodecBackend>(
      new CodecBackend(inner, std::make_unique<Impl>(inner, std::move(options), capabilities)));
}

CodecBackend::CodecBackend(CacheBackend& inner, std::unique_ptr<Impl> impl) noexcept
    : Layer(inner), impl_(std::move(impl)) {}

CodecBackend::~CodecBackend() = default;

CodecStats CodecBackend::codec_stats() const noexcept { return impl_->stats(); }

const Capabilities& CodecBackend::capabilities() const noexcept { return impl_->capabilities_; }

awaitable<Batch<std::optional<Found>>> CodecBackend::get(std::span<const Key> keys,
                                                         Deadline deadline) {
  Batch<std::optional<Found>> answers = co_await inner().get(keys, deadline);
  for (Result<std::optional<Found>>& answer : answers) {
    if (answer && *answer) {
      auto found = impl_->decode(**answer);
      answer = found ? Result<std::optional<Found>>(*std::move(found))
                     : std::unexpected(std::move(found).error());
    }
  }
  co_return answers;
}

awaitable<Batch<PutOutcome>> CodecBackend::put(std::span<const PutItem> items, Deadline deadline) {
  return impl_->write<PutOutcome>(items, [this, deadline](std::span<const PutItem> coded) {
    return inner().put(coded, deadline);
  });
}

awaitable<Batch<LeaseAnswer>> CodecBackend::read_or_lease(std::span<const LeaseRequest> requests,
                                                          Deadline deadline) {
  return impl_->read_or_lease(requests, deadline);
}

awaitable<Batch<FillOutcome>> CodecBackend::fill(std::span<const Fill> fills, Deadline deadline) {
  return impl_->write<FillOutcome>(fills, [this, deadline](std::span<const Fill> coded) {
    return inner().fill(coded, deadline);
  });
}

BackendStats CodecBackend::stats() const {
  BackendStats stats = inner().stats();
  stats.corrupt += impl_->stats().unreadable;
  return stats;
}

}  // namespace larder
