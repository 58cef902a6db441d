// The parts that several topologies have.
#pragma once

#include <cstdint>
#include <type_traits>
#include <variant>

#include <larder/redis/options.hpp>

namespace larder::redis {

// nullptr if the connections are not encrypted.
[[nodiscard]] inline TlsOptions* tls_of(Topology& topology) {
  auto* tls = std::visit(
      [](auto& one) -> std::optional<TlsOptions>* {
        if constexpr (requires { one.tls; }) {
          return &one.tls;
        } else {
          auto* const server = std::get_if<TcpServer>(&one.server);
          return server != nullptr ? &server->tls : nullptr;
        }
      },
      topology);
  return tls != nullptr && *tls ? &**tls : nullptr;
}
[[nodiscard]] inline const TlsOptions* tls_of(const Topology& topology) {
  return tls_of(const_cast<Topology&>(topology));  // only looks at it
}

// nullptr if there are none.
[[nodiscard]] inline const Replicas* replicas_of(const Topology& topology) {
  return std::visit(
      [](const auto& one) -> const Replicas* {
        if constexpr (requires { one.replicas; }) {
          return &one.replicas;
        } else {
          return nullptr;
        }
      },
      topology);
}
[[nodiscard]] inline Replicas* replicas_of(Topology& topology) {
  return const_cast<Replicas*>(replicas_of(std::as_const(topology)));
}

// nullptr if there is one only.
[[nodiscard]] inline std::uint32_t* database_of(Topology& topology) {
  return std::visit(
      [](auto& one) -> std::uint32_t* {
        if constexpr (requires { one.database; }) {
          return &one.database;
        } else {
          return nullptr;
        }
      },
      topology);
}

}  // namespace larder::redis
