// Sessions of legacy clients, kept in a CacheBackend so that any node can serve them.
// Source: MCP 2025-11-25 basic/transports, "Session Management".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <larder/backend.hpp>

namespace larder::gateway {

struct Session {
  std::string id;
  std::string version;    // negotiated by initialize
  std::string principal;  // who opened it; no one else may use it
};

// Any thread. A session ends after `idle` without use, by end(), or with its store.
class SessionStore {
 public:
  SessionStore(CacheBackend& store, Clock& clock, milliseconds idle) noexcept
      : store_(store), clock_(clock), idle_(idle) {}

  // The id is 256 random bits, so it cannot be guessed.
  [[nodiscard]] awaitable<Result<Session>> create(std::string version, std::string principal);

  // nullopt when there is none, or it is another principal's. Counts as use.
  [[nodiscard]] awaitable<Result<std::optional<Session>>> find(std::string_view id,
                                                               std::string_view principal);

  // True when this ended it.
  [[nodiscard]] awaitable<Result<bool>> end(const Session& session);

 private:
  [[nodiscard]] Deadline deadline() const noexcept { return clock_.in(kStoreDeadline); }

  static constexpr milliseconds kStoreDeadline{1'000};

  CacheBackend& store_;
  Clock& clock_;
  milliseconds idle_;
};

}  // namespace larder::gateway
