// A self-signed certificate of an hour's validity, for TLS in tests.
#pragma once

#include <string>

namespace ticketd::test {

struct test_certificate {
  std::string certificate_pem;
  std::string key_pem;
};

[[nodiscard]] test_certificate make_certificate(const std::string& dns_name);

}  // namespace ticketd::test
