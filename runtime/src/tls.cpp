#include <larder/runtime/tls.hpp>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>

namespace larder {
namespace {

namespace ssl = boost::asio::ssl;

Error file_error(const char* option, const std::string& file,
                 const boost::system::error_code& error) {
  return Error(Errc::invalid_argument, std::string(option) + ": " + file + ": " + error.message());
}

// Loads what the options name; the first failure wins.
Result<void> load(ssl::context& context, const TlsClientOptions& options) {
  boost::system::error_code error;
  if (options.ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(options.ca_file, error);
  }
  if (error) {
    return std::unexpected(file_error("ca_file", options.ca_file, error));
  }
  if (options.cert_file.empty()) {
    return {};
  }
  context.use_certificate_chain_file(options.cert_file, error);
  if (error) {
    return std::unexpected(file_error("cert_file", options.cert_file, error));
  }
  context.use_private_key_file(options.key_file, ssl::context::pem, error);
  if (error) {
    return std::unexpected(file_error("key_file", options.key_file, error));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<ssl::context>> tls_client_context(const TlsClientOptions& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(ssl::verify_peer);
  if (auto loaded = load(*context, options); !loaded) {
    return std::unexpected(std::move(loaded).error());
  }
  return context;
}

Result<void> tls_expect_host(ssl_st* stream, const std::string& host) {
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  bool set = false;
  if (!not_an_address) {
    set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(stream), host.c_str()) == 1;
  } else {
    SSL_set_hostflags(stream, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = !host.empty() && SSL_set1_host(stream, host.c_str()) == 1 &&
          SSL_set_tlsext_host_name(stream, host.c_str()) == 1;
  }
  if (!set) {
    return fail(Errc::invalid_argument, "host: '" + host + "' cannot be verified");
  }
  return {};
}

}  // namespace larder
