#include "support/laboratory.hpp"

#include "support/http_calls.hpp"
#include "support/servers.hpp"

#include <boost/json/parse.hpp>

#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace ticketd::test {

laboratory::laboratory(made_of parts)
    : program_{required_variable("TICKETD_TEST_LAB")},
      directory_(required_variable("TICKETD_LAB_DIR")),
      port_offset_(std::stoi(required_variable("TICKETD_LAB_PORT_OFFSET"))) {
  if (parts == made_of::containers) program_.emplace_back("--compose");
}

void laboratory::up(const std::vector<std::string>& arguments, const environment& settings) const {
  // To be told that nothing has to be done costs seconds, with every test, so it is only asked when it may be needed.
  static std::optional<std::pair<std::vector<std::string>, environment>> last;
  const std::pair wanted(arguments, settings);
  if (last == wanted && is_all_ready()) return;
  last.reset();
  std::vector<std::string> command{"up"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  must(command, settings);
  last = wanted;
}

bool laboratory::is_all_ready() const {
  std::istringstream lines(must({"status"}));
  std::string service;
  std::string state;
  for (std::string rest; lines >> service >> state && std::getline(lines, rest);)
    if (state != "ready") return false;
  return true;
}

program_result laboratory::run(const std::vector<std::string>& arguments, const environment& settings) const {
  std::vector<std::string> command = program_;
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command, settings, std::chrono::minutes(10));
}

std::string laboratory::must(const std::vector<std::string>& arguments, const environment& settings) const {
  auto result = run(arguments, settings);
  if (result.status == 0) return std::move(result.output);
  std::string said = "failed: lab";
  for (const auto& argument : arguments) said += " " + argument;
  throw std::runtime_error(said + "\n" + result.output + result.errors);
}

std::string laboratory::query(const std::string& sql) const {
  std::string rows = must({"psql", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql});
  while (!rows.empty() && rows.back() == '\n') rows.pop_back();
  return rows;
}

std::vector<std::string> laboratory::replica_urls() const { return {replica_url(1), replica_url(2), replica_url(3)}; }

std::string laboratory::ops_url(std::string_view service) const {
  if (service == "payments") return url(9096);
  const int number = service.back() - '0';
  return url((service.starts_with("api") ? 9080 : 9090) + number);
}

std::string laboratory::amqp_url() const {
  return "amqp://ticketd:" + secret("amqp-password") + "@127.0.0.1:" + std::to_string(port(55672)) + "/";
}

double laboratory::metric(std::string_view service, std::string_view name) const {
  std::istringstream lines(send(ops_url(service), get("/metrics")).text());
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string_view name_of_line = std::string_view(line).substr(0, line.find_first_of("{ "));
    if (name_of_line == name) sum += std::stod(line.substr(line.rfind(' ')));
  }
  return sum;
}

std::string laboratory::file(const std::string& path) const {
  std::ifstream file(directory_ + "/" + path);
  if (!file) throw std::runtime_error("the lab has no file " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<boost::json::object> laboratory::log_lines(const std::string& service, std::string_view with) const {
  std::vector<boost::json::object> found;
  std::istringstream lines(file("logs/" + service + ".log"));
  for (std::string line; std::getline(lines, line);) {
    if (line.find(with) == std::string::npos) continue;
    boost::system::error_code is_no_json;
    const auto value = boost::json::parse(line, is_no_json);
    if (!is_no_json && value.is_object()) found.push_back(value.get_object());
  }
  return found;
}

std::string laboratory::url(int standard_port) const {
  return "http://127.0.0.1:" + std::to_string(port(standard_port));
}

}  // namespace ticketd::test
