// The lab that the end-to-end tests run against: scripts/lab, and where its parts are. Commands that fail throw, with
// what the lab said.
#pragma once

#include "support/program.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::test {

class laboratory {
 public:
  enum class made_of { processes, containers };  // scripts/lab, or scripts/lab --compose

  explicit laboratory(made_of parts = made_of::processes);

  // Everything is ready when it returns, and what runs as wanted is left alone. `settings` are TICKETD_* variables.
  void up(const std::vector<std::string>& arguments = {}, const environment& settings = {}) const;
  void stop(const std::string& service) const { must({"stop", service}); }
  void start(const std::string& service) const { must({"start", service}); }
  void kill(const std::string& service) const { must({"kill", service}); }
  void pause(const std::string& service) const { must({"pause", service}); }
  void resume(const std::string& service) const { must({"resume", service}); }

  // Any command, whatever comes of it.
  [[nodiscard]] program_result run(const std::vector<std::string>& arguments, const environment& settings = {}) const;
  // What the command wrote.
  std::string must(const std::vector<std::string>& arguments, const environment& settings = {}) const;

  // The only value of the only row, or the rows, a line each, their columns separated by '|'.
  std::string query(const std::string& sql) const;
  [[nodiscard]] int count(const std::string& sql) const { return std::stoi(query(sql)); }

  // What `status --json` says. A member of a service that is not there, or is null, throws.
  [[nodiscard]] boost::json::object status(const environment& settings = {}) const;
  [[nodiscard]] std::string public_url() const;
  [[nodiscard]] std::string replica_url(int number) const;
  [[nodiscard]] std::vector<std::string> replica_urls() const;
  [[nodiscard]] std::string ops_url(std::string_view service) const;
  [[nodiscard]] std::string amqp_url() const;
  [[nodiscard]] std::uint16_t port(std::string_view service) const;
  // A port just below the lab's own, which none of its services has: 1, 2 ...
  [[nodiscard]] std::uint16_t spare_port(int number) const;

  // What a metric stands at, its labels' values summed up: metric("api-1", "ticketd_http_requests_total").
  [[nodiscard]] double metric(std::string_view service, std::string_view name) const;

  [[nodiscard]] std::string secret(const std::string& name) const { return file(name); }
  // A file of the lab's directory.
  [[nodiscard]] std::string file(const std::string& path) const;
  // The lines of a service's log with this text in them (of processes).
  [[nodiscard]] std::vector<boost::json::object> log_lines(const std::string& service, std::string_view with) const;

 private:
  [[nodiscard]] const boost::json::object& known() const;
  [[nodiscard]] const boost::json::object& known(std::string_view service) const;
  [[nodiscard]] bool is_all_ready() const;

  std::vector<std::string> program_;  // with what stands before the command
  std::string directory_;
};

}  // namespace ticketd::test
