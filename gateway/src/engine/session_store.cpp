#include "engine/session_store.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/random.hpp"

namespace larder::gateway {
namespace {

constexpr std::string_view kNamespace = "session";

// Only what create() makes is looked up: 43 characters of base64url.
std::optional<Key> session_key(std::string_view id) {
  const bool ours = id.size() == 43 && std::ranges::all_of(id, [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '-' || c == '_';
                    });
  if (!ours) {
    return std::nullopt;
  }
  return Key::literal(kNamespace, id);
}

}  // namespace

awaitable<Result<Session>> SessionStore::create(std::string version, std::string principal) {
  Session session{
      .id = random_token(), .version = std::move(version), .principal = std::move(principal)};
  const std::array items{
      PutItem{.entry = {.key = Key::literal(kNamespace, session.id),
                        .value = Bytes(session.version + "\n" + session.principal),
                        .life = {.fresh = idle_}}}};
  const auto put = co_await store_.put(items, deadline());
  if (!put.front()) {
    co_return std::unexpected(put.front().error());
  }
  co_return session;
}

awaitable<Result<std::optional<Session>>> SessionStore::find(std::string_view id,
                                                             std::string_view principal) {
  const auto key = session_key(id);
  if (!key) {
    co_return std::nullopt;
  }
  const std::array keys{*key};
  const auto got = co_await store_.get(keys, deadline());
  if (!got.front()) {
    co_return std::unexpected(got.front().error());
  }
  const std::optional<Found>& found = *got.front();
  if (!found) {
    co_return std::nullopt;
  }
  const std::string_view text = found->entry->value();
  const std::size_t split = text.find('\n');
  if (split == std::string_view::npos || text.substr(split + 1) != principal) {
    co_return std::nullopt;
  }
  // Using a session prolongs it, but a write for each request would double the store's
  // work: half of the idle time is close enough.
  if (found->life_left < idle_ / 2) {
    const std::array touches{TouchItem{.key = *key, .fresh = idle_}};
    static_cast<void>(co_await store_.touch(touches, deadline()));
  }
  co_return Session{.id = std::string(id),
                    .version = std::string(text.substr(0, split)),
                    .principal = std::string(principal)};
}

awaitable<Result<bool>> SessionStore::end(const Session& session) {
  const std::array keys{Key::literal(kNamespace, session.id)};
  const auto erased = co_await store_.erase(keys, deadline());
  co_return erased.front();
}

}  // namespace larder::gateway
