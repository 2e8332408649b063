// TLS to a server: who vouches for it, and that it is the one that was meant. Nobody is talked to who cannot be
// verified.
//
// Functions; a context outlives its connections. Thread: any, one at a time on one object.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <string>

namespace ticketd::async {

using tls_context = boost::asio::ssl::context;

// Trusts whoever the certificates in `ca_file` (PEM) vouch for, and nobody else; where it is empty, whoever the system
// trusts. Throws std::invalid_argument for a file that holds no certificates.
[[nodiscard]] std::shared_ptr<tls_context> make_tls_context(const std::string& ca_file);

// The same for a context that another library made; an error where the file holds none. TLS 1.2 is the oldest spoken,
// and a handshake with anybody else fails.
[[nodiscard]] boost::system::error_code trust(SSL_CTX* context, const std::string& ca_file);

// Before the handshake: it succeeds only with `host`, a name or an address, which stands in the server's certificate.
void expect_server(SSL* connection, const std::string& host);
void expect_in_certificate(X509_VERIFY_PARAM* of, const std::string& host);

// After a handshake that failed: why, in words.
[[nodiscard]] std::string describe_tls_failure(const SSL* connection, const boost::system::error_code& failure);

}  // namespace ticketd::async
