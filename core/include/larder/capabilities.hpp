// What a store does natively and atomically.
//
// Declared truthfully: the conformance suite checks that what is declared works under
// concurrency and that what is not declared answers Errc::unsupported. A policy that needs
// a missing capability is refused at start-up, never emulated with a race.
#pragma once

#include <cstddef>

namespace larder {

struct Capabilities {
  bool values = true;               // keeps what is put; false only for the `none` store
  bool conditions = false;          // if_absent and if_version are atomic
  bool leases = false;              // read_or_lease, fill, renew, release
  bool counters = false;            // add
  bool quotas = false;              // take
  bool epochs = false;              // epochs, bump
  bool events = false;              // append, read_after
  bool messages = false;            // publish, subscribe
  bool watch = false;               // reports changes to keys that were read
  bool scan = false;                // lists keys, for tools
  bool shared = false;              // several processes see one store
  bool durable = false;             // survives a restart of the store
  std::size_t value_bytes_max = 0;  // largest value accepted; at least 1 MiB where values is true
  std::size_t batch_max = 0;  // most items in one call, 16 to 65,536; more is invalid_argument

  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

}  // namespace larder
