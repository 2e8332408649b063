#include "support/laboratory.hpp"

#include "support/http_calls.hpp"
#include "support/servers.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace ticketd::test {

namespace json = boost::json;

namespace {

// What labs said of themselves last, by the command that asks. It takes half a second, and ports stay while a lab is
// up.
std::map<std::vector<std::string>, json::object>& remembered() {
  static std::map<std::vector<std::string>, json::object> labs;
  return labs;
}

std::string text_of(const json::object& object, std::string_view member) {
  return std::string(object.at(member).as_string());
}

}  // namespace

laboratory::laboratory(made_of parts)
    : program_{required_variable("TICKETD_TEST_LAB")}, directory_(required_variable("TICKETD_LAB_DIR")) {
  if (parts == made_of::containers) program_.emplace_back("--compose");
}

void laboratory::up(const std::vector<std::string>& arguments, const environment& settings) const {
  // Even an `up` that has nothing to do takes seconds, in every test, so it is only called when it may be needed.
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
  const json::object now = status();
  const json::array& services = now.at("services").as_array();
  return now.at("is_up").as_bool() && std::all_of(services.begin(), services.end(), [](const json::value& service) {
           return service.at("state").as_string() == "ready";
         });
}

program_result laboratory::run(const std::vector<std::string>& arguments, const environment& settings) const {
  if (!arguments.empty() && (arguments.front() == "up" || arguments.front() == "down")) remembered().erase(program_);
  std::vector<std::string> command = program_;
  command.insert(command.end(), arguments.begin(), arguments.end());
  // The first `up` in containers builds the image from nothing, perhaps beside other work.
  return run_program(command, settings, std::chrono::minutes(20));
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

json::object laboratory::status(const environment& settings) const {
  const auto result = run({"status", "--json"}, settings);
  constexpr int is_down = 3;
  if (result.status != 0 && result.status != is_down) throw std::runtime_error("failed: lab status\n" + result.errors);
  return json::parse(result.output).as_object();
}

std::string laboratory::public_url() const { return text_of(known(), "public_url"); }

std::string laboratory::replica_url(int number) const {
  return "http://" + text_of(known("api-" + std::to_string(number)), "address");
}

std::vector<std::string> laboratory::replica_urls() const { return {replica_url(1), replica_url(2), replica_url(3)}; }

std::string laboratory::ops_url(std::string_view service) const {
  return "http://127.0.0.1:" + std::to_string(known(service).at("ops_port").as_int64());
}

std::string laboratory::amqp_url() const {
  std::string url = must({"url", "rabbitmq"});
  url.resize(url.find('\n'));
  return url;
}

std::uint16_t laboratory::port(std::string_view service) const {
  return known(service).at("port").to_number<std::uint16_t>();
}

std::uint16_t laboratory::spare_port(int number) const { return static_cast<std::uint16_t>(port("nginx") - number); }

const json::object& laboratory::known() const {
  const auto found = remembered().find(program_);
  return found != remembered().end() ? found->second : remembered().emplace(program_, status()).first->second;
}

const json::object& laboratory::known(std::string_view service) const {
  for (const json::value& each : known().at("services").as_array())
    if (each.at("name").as_string() == service) return each.get_object();
  throw std::runtime_error("the lab has no service " + std::string(service));
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

}  // namespace ticketd::test
