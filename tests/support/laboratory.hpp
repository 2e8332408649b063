// The lab that the end-to-end tests run against: scripts/lab, and where its parts are. Commands that fail throw, with
// what the lab said.
#pragma once

#include "support/program.hpp"

#include <boost/json/object.hpp>

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

  [[nodiscard]] std::string public_url() const { return url(8080); }  // Nginx
  [[nodiscard]] std::string replica_url(int number) const { return url(8080 + number); }
  [[nodiscard]] std::vector<std::string> replica_urls() const;
  [[nodiscard]] std::string ops_url(std::string_view service) const;
  [[nodiscard]] std::string amqp_url() const;

  // What a metric stands at, its labels' values summed up: metric("api-1", "ticketd_http_requests_total").
  [[nodiscard]] double metric(std::string_view service, std::string_view name) const;

  [[nodiscard]] int port(int standard) const { return standard + port_offset_; }
  [[nodiscard]] std::string secret(const std::string& name) const { return file(name); }
  // A file of the lab's directory.
  [[nodiscard]] std::string file(const std::string& path) const;
  // The lines of a service's log with this text in them (of processes).
  [[nodiscard]] std::vector<boost::json::object> log_lines(const std::string& service, std::string_view with) const;

 private:
  [[nodiscard]] std::string url(int standard_port) const;
  [[nodiscard]] bool is_all_ready() const;

  std::vector<std::string> program_;  // with what stands before the command
  std::string directory_;
  int port_offset_;
};

}  // namespace ticketd::test
