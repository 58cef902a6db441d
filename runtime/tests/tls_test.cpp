#include <gtest/gtest.h>

#include <string>

#include <openssl/ssl.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <larder/runtime/tls.hpp>

namespace larder {
namespace {

namespace asio = boost::asio;

using Stream = asio::ssl::stream<asio::ip::tcp::socket>;

TEST(TlsClientContext, verifies_the_peer_and_speaks_no_old_protocol) {
  const auto context = tls_client_context({});
  ASSERT_TRUE(context.has_value()) << context.error().message();
  EXPECT_EQ(SSL_CTX_get_verify_mode((*context)->native_handle()), SSL_VERIFY_PEER);
  EXPECT_EQ(SSL_CTX_get_min_proto_version((*context)->native_handle()), TLS1_2_VERSION);
}

TEST(TlsClientContext, names_the_file_it_cannot_use) {
  const auto context = tls_client_context({.ca_file = "no-such-file.pem"});
  ASSERT_FALSE(context.has_value());
  EXPECT_EQ(context.error().code(), Errc::invalid_argument);
  EXPECT_EQ(context.error().context().rfind("ca_file: no-such-file.pem", 0), 0U);
}

TEST(TlsClientContext, names_the_certificate_it_cannot_use) {
  const auto context = tls_client_context({.cert_file = "no-such-cert.pem"});
  ASSERT_FALSE(context.has_value());
  EXPECT_EQ(context.error().context().rfind("cert_file: no-such-cert.pem", 0), 0U);
}

TEST(TlsExpectHost, sends_a_name_as_sni) {
  asio::io_context io;
  const auto context = tls_client_context({});
  ASSERT_TRUE(context.has_value());
  Stream stream(io, **context);
  ASSERT_TRUE(tls_expect_host(stream.native_handle(), "cache.example").has_value());
  EXPECT_STREQ(SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name),
               "cache.example");
}

TEST(TlsExpectHost, does_not_send_an_address_as_sni) {
  asio::io_context io;
  const auto context = tls_client_context({});
  ASSERT_TRUE(context.has_value());
  Stream stream(io, **context);
  ASSERT_TRUE(tls_expect_host(stream.native_handle(), "127.0.0.1").has_value());
  EXPECT_EQ(SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name), nullptr);
}

TEST(TlsExpectHost, refuses_an_empty_name) {
  asio::io_context io;
  const auto context = tls_client_context({});
  ASSERT_TRUE(context.has_value());
  Stream stream(io, **context);
  EXPECT_FALSE(tls_expect_host(stream.native_handle(), "").has_value());
}

}  // namespace
}  // namespace larder
