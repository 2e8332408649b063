// A PgBouncer of a test's own, in front of the server of a database URL.
#pragma once

#include "support/program.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace ticketd::test {

struct pooler_settings {
  std::string mode = "transaction";
  int servers_max = 2;  // connections to the server, for each database
};

class pgbouncer {
 public:
  // It answers when this returns. Throws std::runtime_error, with what it wrote, where it does not come to that.
  explicit pgbouncer(const std::string& server_url, const pooler_settings& settings = {});
  pgbouncer(const pgbouncer&) = delete;
  pgbouncer& operator=(const pgbouncer&) = delete;
  ~pgbouncer();

  // The same database, through it.
  [[nodiscard]] std::string way_to(const std::string& url) const;

 private:
  void write_configuration(const std::string& server_url, const pooler_settings& settings) const;

  std::filesystem::path directory_;
  std::uint16_t port_;
  std::unique_ptr<running_program> program_;
};

}  // namespace ticketd::test
