// LocalStore: a synchronous store in the same process that holds copies of what another
// store answered.
//
// The near tier keeps its copies in one. A copy answers exactly as the other store would
// have: same version, same life, and as much life left as is left there by now. What ends a
// copy early is a bound of its own, which its answers do not show.
//
// Any thread, also at once; no call waits for I/O or throws. The store decides what it has
// room for and may forget any copy at any time.
#pragma once

#include <optional>

#include <larder/entry.hpp>
#include <larder/packed_entry.hpp>

namespace larder {

class LocalStore {
 public:
  virtual ~LocalStore() = default;

  // The copy, with the life that is left of what insert() was given; nullopt when there is
  // none, or its bound has passed.
  [[nodiscard]] virtual std::optional<Found> find(const Key& key) = 0;

  // Keeps a copy in place of an earlier one, under the version in `found`. It is found
  // before `until` and no longer than for found.life_left; where either is over there is no
  // copy under the key. A copy too large to keep leaves none either, and is no error.
  // `until` is a moment, not a span: the caller may have been held up since it reckoned.
  virtual void insert(const Found& found, SteadyTime until) = 0;

  // A find() that begins after this returns does not answer an earlier copy.
  virtual void drop(const Key& key) = 0;
  // The same for all keys.
  virtual void drop_all() = 0;
};

}  // namespace larder
