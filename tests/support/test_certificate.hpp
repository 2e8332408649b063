// A self-signed certificate of an hour's validity, for TLS in tests.
#pragma once

#include <string>

namespace ticketd::test {

struct test_certificate {
  std::string certificate_pem;
  std::string key_pem;
};

// `addresses` are other names of the server's: "IP:127.0.0.1".
[[nodiscard]] test_certificate make_certificate(const std::string& dns_name, const std::string& addresses = {});

// A text in a file, for as long as this lives: what is trusted, for who takes a path.
class temporary_file {
 public:
  explicit temporary_file(const std::string& text);
  ~temporary_file();
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_ = "/tmp/ticketd-test-XXXXXX";
};

}  // namespace ticketd::test
