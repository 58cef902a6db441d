// TLS for the connections we open. The peer is always verified: chain, host name, dates.
//
// The types are only named here, so that OpenSSL stays out of what includes this.
#pragma once

#include <memory>
#include <string>

#include <larder/error.hpp>

struct ssl_st;  // OpenSSL's SSL

namespace boost::asio::ssl {
class context;
}  // namespace boost::asio::ssl

namespace larder {

struct TlsClientOptions {
  std::string ca_file{};    // PEM; empty = the system's authorities
  std::string cert_file{};  // PEM chain, for mutual TLS; empty = none
  std::string key_file{};   // PEM; needed when cert_file is given
};

// A context for TLS 1.2 and newer that verifies the peer. Share one between connections of
// a thread. Fails with invalid_argument naming the file that cannot be used.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> tls_client_context(
    const TlsClientOptions& options);

// Before the handshake of one connection: sends `host` as SNI and demands a certificate
// for it. `host` is a DNS name or an IP address without brackets; an address is checked
// against the certificate's addresses and not sent. `stream` is native_handle() of the
// ssl::stream.
[[nodiscard]] Result<void> tls_expect_host(ssl_st* stream, const std::string& host);

}  // namespace larder
