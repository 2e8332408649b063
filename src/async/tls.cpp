#include "ticketd/async/tls.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace ticketd::async {
namespace {

bool is_address(const std::string& host) {
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  return !not_an_address;
}

}  // namespace

boost::system::error_code trust(SSL_CTX* context, const std::string& ca_file) {
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const bool is_loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                         : SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1;
  if (is_loaded) return {};
  return {static_cast<int>(ERR_get_error()), boost::asio::error::get_ssl_category()};
}

std::shared_ptr<tls_context> make_tls_context(const std::string& ca_file) {
  auto tls = std::make_shared<tls_context>(tls_context::tls_client);
  if (const auto failure = trust(tls->native_handle(), ca_file))
    throw std::invalid_argument("no CA certificates can be read from " + ca_file + ": " + failure.message());
  return tls;
}

void expect_server(SSL* connection, const std::string& host) {
  expect_in_certificate(SSL_get0_param(connection), host);
  if (!is_address(host)) SSL_set_tlsext_host_name(connection, host.c_str());  // for names only (RFC 6066, 3)
}

void expect_in_certificate(X509_VERIFY_PARAM* of, const std::string& host) {
  if (is_address(host))
    X509_VERIFY_PARAM_set1_ip_asc(of, host.c_str());
  else
    X509_VERIFY_PARAM_set1_host(of, host.c_str(), host.size());
}

// OpenSSL's error is "certificate verify failed", whatever was wrong with it.
std::string describe_tls_failure(const SSL* connection, const boost::system::error_code& failure) {
  const long verdict = SSL_get_verify_result(connection);
  if (verdict == X509_V_OK) return failure.message();
  return std::string("the certificate is not accepted: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace ticketd::async
