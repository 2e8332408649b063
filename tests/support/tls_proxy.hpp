// TLS before a server that speaks none: what comes in is taken out of TLS, and passed on to a port of this machine.
#pragma once

#include "support/test_certificate.hpp"

#include <cstdint>
#include <memory>

namespace ticketd::test {

class tls_proxy {
 public:
  // PostgreSQL's clients ask for TLS in a message of its own first ("SSLRequest").
  enum class greeting { none, postgresql };

  tls_proxy(const test_certificate& as, std::uint16_t port_behind, greeting of = greeting::none);
  ~tls_proxy();
  tls_proxy(const tls_proxy&) = delete;
  tls_proxy& operator=(const tls_proxy&) = delete;

  // On 127.0.0.1.
  [[nodiscard]] std::uint16_t port() const;
  // Whose handshake was completed, and whose was not.
  [[nodiscard]] int accepted() const;
  [[nodiscard]] int refused() const;

 private:
  struct server;
  std::unique_ptr<server> server_;
};

}  // namespace ticketd::test
