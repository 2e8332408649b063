// What the documents list, held against the code: settings, metrics, and where links lead. The table of who may include
// whom is what include_rules_test goes by.
#include "api/endpoints.hpp"
#include "api/headers.hpp"
#include "config/command_line.hpp"
#include "config/demo_secrets.hpp"
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/document.hpp"
#include "support/patterns.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/domain/currency.hpp"
#include "ticketd/http/cors.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/observability/process_metrics.hpp"
#include "ticketd/sandbox/sandbox.hpp"

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace ticketd;
using namespace ticketd::test;

namespace {

using config::flag;

// --- settings

// A role, in the words of the column "roles".
struct role_case {
  std::string role;
  std::string mode;  // of purchases; "" where it makes no difference
};

const std::vector<role_case> role_cases{{"api", "async"}, {"api", "sync"}, {"worker", ""}, {"payments", ""}};

// What has no default is given like this.
const std::map<std::string, std::string> required_values{{"database-url", "postgresql://t:pw@127.0.0.1:5432/ticketd"},
                                                         {"redis-url", "redis://127.0.0.1:6379"},
                                                         {"amqp-url", "amqp://t:pw@127.0.0.1:5672/"},
                                                         {"payments-url", "http://127.0.0.1:8095"},
                                                         {"secret", "a-secret-of-the-test"},
                                                         {"admin-token", "an-admin-token-of-16"}};

std::variant<config::settings, config::exit_request> read(const role_case& of, const std::string& without,
                                                          const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"ticketd"};
  if (without != "role") arguments.push_back("--role=" + of.role);
  if (!of.mode.empty()) arguments.push_back("--purchase=" + of.mode);
  for (const auto& [name, value] : required_values)
    if (name != without) arguments.push_back("--" + name + "=" + value);
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::vector<const char*> argv;
  for (const auto& each : arguments) argv.push_back(each.c_str());
  return config::read_settings(static_cast<int>(argv.size()), argv.data());
}

// "required", "required unless `--cache=off`" as the refusal says, or "" where it can do without.
std::string requirement(const role_case& of, const std::string& name, const std::vector<std::string>& more = {}) {
  const auto answer = read(of, name, more);
  const auto* refusal = std::get_if<config::exit_request>(&answer);
  if (!refusal || refusal->text.find(config::title_of(name)) == std::string::npos) return {};
  const std::string alternative = ", or --";
  const auto begin = refusal->text.find(alternative);
  if (begin == std::string::npos) return "required";
  const std::string flag = refusal->text.substr(begin + alternative.size() - 2);
  return "required unless `" + flag.substr(0, flag.find_first_of(")\n ")) + "`";
}

bool names_role(const std::string& roles, const role_case& of) {
  if (roles.empty() || roles == "all") return true;
  std::vector<std::string> listed;
  boost::split(listed, boost::replace_all_copy(roles, ", ", ","), [](char c) { return c == ','; });
  const std::set<std::string> names(listed.begin(), listed.end());
  return names.contains(of.role) || names.contains(fmt::format("{} ({})", of.role, of.mode));
}

// TICKETD_HOLD_SECONDS, of hold-seconds.
std::string variable_of(std::string_view name) {
  const std::string title = config::title_of(name);
  const auto begin = title.find('(') + 1;
  return title.substr(begin, title.find(')') - begin);
}

// Who brings the services up makes these himself: addresses, secrets and roles.
bool is_set_by_the_lab(std::string_view name) {
  return name == "role" || name == "instance" || name == "listen" || name == "listen-local" || name == "ops-listen" ||
         name == "database-url" || name == "redis-url" || name == "amqp-url" || name == "secret" ||
         name == "admin-token" || name == "migrations-url" || name == "redis-ca-file" || name == "amqp-ca-file";
}

std::set<std::string> matches(const std::string& text, const char* expression) {
  const auto found = pattern(expression).captures_in(text);
  return {found.begin(), found.end()};
}

std::string without_backticks(const std::string& cell) { return boost::replace_all_copy(cell, "`", ""); }

const flag* find_flag(const std::string& name) {
  for (const flag& each : config::all_flags())
    if (each.name == name) return &each;
  return nullptr;
}

// "127.0.0.1:8081 api, ...": what the roles that are named listen on by default.
std::string default_addresses(const std::vector<std::string>& roles, const std::string& name) {
  std::vector<std::string> each;
  for (const auto& role : roles) {
    const auto answer = read({role, ""}, "");
    const auto& settings = std::get<config::settings>(answer);
    const auto& [address, port] =
        name == "ops-listen" ? settings.ops_listen : config::endpoint{settings.http.address, settings.http.port};
    each.push_back(fmt::format("{}:{} {}", address, port, role));
  }
  return boost::join(each, ", ");
}

// A default that the table of flags does not have, because it depends on the role.
std::string default_by_role(const std::string& name) {
  if (name == "listen") return default_addresses({"api", "payments"}, name);
  if (name == "ops-listen") return default_addresses({"api", "worker", "payments"}, name);
  const auto answer = read({"worker", ""}, "");
  return name == "instance" && std::get<config::settings>(answer).instance == "worker" ? "the role" : "none";
}

// --- metrics

struct metric_family {
  std::string type;
  std::string help;
  std::set<std::string> labels;  // without a histogram's le
};

std::string family_of(const std::map<std::string, metric_family>& known, const std::string& sample) {
  for (const std::string suffix : {"_bucket", "_sum", "_count"})
    if (sample.ends_with(suffix) && known.contains(sample.substr(0, sample.size() - suffix.size())))
      return sample.substr(0, sample.size() - suffix.size());
  return sample;
}

std::set<std::string> labels_of(const std::string& sample) {
  std::set<std::string> labels;
  std::string rest = sample.substr(sample.find_first_of("{ "));
  for (auto end = rest.find("=\""); end != std::string::npos; end = rest.find("=\"")) {
    const auto begin = rest.find_last_of("{,", end) + 1;
    labels.insert(rest.substr(begin, end - begin));
    rest.erase(0, rest.find('"', end + 2) + 1);
  }
  labels.erase("le");
  return labels;
}

// What a role says at /metrics.
void add_families(const std::string& text, std::map<std::string, metric_family>& to) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, keyword, name;
    if (line.starts_with('#')) {
      words >> hash >> keyword >> name >> std::ws;
      std::getline(words, keyword == "HELP" ? to[name].help : to[name].type);
    } else {
      to[family_of(to, line.substr(0, line.find_first_of("{ ")))].labels.merge(labels_of(line));
    }
  }
}

std::map<std::string, metric_family> exposed_metrics() {
  std::map<std::string, metric_family> families;
  observability::metrics all;
  all.record_request("GET /api/v1/events", 200, std::chrono::milliseconds(1));  // the rest stands there from the start
  add_families(all.to_text(), families);
  add_families(observability::process_metrics_text(), families);
  asio::io_context context;
  add_families(sandbox::make_provider(context.get_executor(), {})->metrics_text(), families);
  return families;
}

std::vector<std::filesystem::path> documents() {
  std::vector<std::filesystem::path> found;
  for (const std::string folder : {"", "docs", "bench", "deploy/airgap", "deploy/debian"})
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(test::checkout()) / folder))
      if (entry.path().extension() == ".md") found.push_back(entry.path());
  return found;
}

}  // namespace

TEST_CASE("the table of settings lists the flags there are, each with its roles", "[docs]") {
  std::map<std::string, std::string> documented;
  for (const auto& row : table_below(read_document("docs/architecture.md"), "## Settings")) {
    INFO(row[0]);
    CHECK(documented.emplace(code_words(row[0]).at(0), row[1]).second);
  }
  std::map<std::string, std::string> real;
  for (const flag& each : config::all_flags()) real.emplace("--" + std::string(each.name), each.roles);
  CHECK(documented == real);
}

TEST_CASE("the table of settings says which default each flag has, and who requires it", "[docs]") {
  for (const auto& row : table_below(read_document("docs/architecture.md"), "## Settings")) {
    INFO(row[0]);
    const std::string name = code_words(row[0]).at(0).substr(2);
    const flag* const known = find_flag(name);
    REQUIRE(known);
    const bool is_said_to_be_required = row[2].starts_with("required");
    for (const auto& of : role_cases) {
      INFO(of.role << ' ' << of.mode);
      CHECK(requirement(of, name) == (is_said_to_be_required && names_role(row[1], of) ? row[2] : ""));
      if (const auto unless = code_words(row[2]); is_said_to_be_required && !unless.empty())
        CHECK(requirement(of, name, unless) == "");
    }
    if (!is_said_to_be_required)
      CHECK(without_backticks(row[2]) == (known->fallback.empty() ? default_by_role(name) : known->fallback));
  }
}

TEST_CASE("README's settings have the names and the defaults of the table of flags", "[docs]") {
  std::map<std::string, const flag*> by_variable;
  for (const flag& each : config::all_flags()) by_variable.emplace(variable_of(each.name), &each);
  for (const auto& row : table_below(read_document("README.md"), "## Settings")) {
    INFO(row[0]);
    std::vector<std::string> fallbacks;
    for (const auto& variable : code_words(row[0])) {
      REQUIRE(by_variable.contains(variable));
      const std::string fallback(by_variable.at(variable)->fallback);
      if (!fallback.empty()) fallbacks.push_back(fallback);
    }
    if (row[1].starts_with("required"))
      CHECK(fallbacks.empty());
    else
      CHECK(boost::join(fallbacks, ", ") == without_backticks(row[1]));
  }
}

TEST_CASE("what can be set is passed on to the services, by the lab and by Compose", "[docs]") {
  const auto topology = read_document("scripts/lib/topology.sh");
  const auto begin = topology.find("open_settings=(");
  REQUIRE(begin != std::string::npos);
  const auto by_lab = matches(topology.substr(begin, topology.find(')', begin) - begin), "([A-Z_]+)");
  const auto by_compose = matches(read_document("deploy/services.yaml"), "\n +(TICKETD_[A-Z_]+):");
  for (const flag& each : config::all_flags()) {
    if (is_set_by_the_lab(each.name)) continue;
    const auto variable = variable_of(each.name);
    INFO(variable);
    CHECK(by_lab.contains(variable.substr(std::string_view("TICKETD_").size())));
    CHECK(by_compose.contains(variable));
  }
}

TEST_CASE("the settings of Nginx stand in docs/operations.md with their defaults, and reach it in both labs",
          "[docs]") {
  const auto configuration = read_document("deploy/nginx-configuration");
  const auto topology = read_document("scripts/lib/topology.sh");
  const std::string list = "nginx_settings=(";
  const auto name = topology.find(list), begin = name + list.size();
  REQUIRE(name != std::string::npos);
  const auto by_lab = matches(topology.substr(begin, topology.find(')', begin) - begin), "([A-Z_]+)");
  const auto by_compose = matches(read_document("deploy/services.yaml"), "\n +(TICKETD_[A-Z_]+):");
  std::map<std::string, std::string> defaults;
  for (const auto& read : pattern("(?:number|is_on) (TICKETD_[A-Z_]+) ([0-9a-z]+)").all_in(configuration))
    defaults[read[1]] = read[2];
  std::set<std::string> documented;
  for (const auto& row : table_below(read_document("docs/operations.md"), "## The front door")) {
    const auto variable = code_words(row[0]).at(0);
    INFO(variable);
    documented.insert(variable);
    CHECK(configuration.find(variable) != std::string::npos);
    if (defaults.contains(variable)) CHECK(without_backticks(row[1]) == defaults[variable]);
    CHECK(by_compose.contains(variable));
    if (variable != "TICKETD_HTTPS_PORT")  // a lab's ports are its own
      CHECK(by_lab.contains(variable.substr(std::string_view("TICKETD_").size())));
  }
  for (const auto& [variable, fallback] : defaults) CHECK(documented.contains(variable));
  for (const auto& setting : by_lab) CHECK(documented.contains("TICKETD_" + setting));
}

TEST_CASE("the demo's secrets that are refused in public are those of the example", "[docs]") {
  const auto example = read_document("deploy/.env.example");
  const auto in_example = matches(example, "\nTICKETD_[A-Z_]+=(demo-[^\n]+)");
  CHECK(in_example == std::set<std::string>(config::demo_secrets.begin(), config::demo_secrets.end()));
}

TEST_CASE("the list of metrics is what the roles expose, word for word", "[docs]") {
  std::map<std::string, table_row> documented;
  for (const auto& row : table_below(read_document("docs/operations.md"), "## Metrics")) {
    INFO(row[0]);
    CHECK(documented.emplace(code_words(row[0]).at(0), row).second);
  }
  const auto exposed = exposed_metrics();
  REQUIRE(exposed.size() > 20);
  for (const auto& [name, family] : exposed) {
    INFO(name);
    REQUIRE(documented.contains(name));
    const auto& row = documented.at(name);
    const auto labels = code_words(row[2]);
    CHECK(row[1] == family.type);
    CHECK(std::set<std::string>(labels.begin(), labels.end()) == family.labels);
    CHECK(row[3] == family.help);
  }
  for (const auto& [name, row] : documented) {
    INFO(name << " is documented, and not exposed");
    CHECK(exposed.contains(name));
  }
}

// What `promtool check metrics` looks for, and that a time which is measured is a duration.
TEST_CASE("metrics are named as Prometheus asks", "[docs]") {
  const pattern name_form("(ticketd|process)(_[a-z][a-z0-9]*)+"), label_form("[a-z][a-z_]*");
  const pattern other_unit("_(ms|us|ns|milliseconds|microseconds|minutes|hours|days|kb|mb|kilobytes|percent)(_|$)");
  const pattern type_name("_(gauge|counter|histogram|summary)(_|$)"), reserved("_(count|sum|bucket)$");
  for (const auto& [name, family] : exposed_metrics()) {
    INFO(name << ' ' << family.type);
    CHECK(name_form.fits(name));
    CHECK_FALSE(other_unit.first_in(name));
    CHECK_FALSE(type_name.first_in(name));
    CHECK_FALSE(reserved.first_in(name));
    CHECK(name.ends_with("_total") == (family.type == "counter"));
    CHECK(family.help.ends_with('.'));
    for (const auto& label : family.labels) CHECK(label_form.fits(label));
    if (family.type == "histogram" && name.ends_with("_seconds") && !family.help.starts_with("Deprecated"))
      CHECK(name.ends_with("_duration_seconds"));
  }
}

TEST_CASE("the calls of docs/api.md are the rows of the endpoint table", "[docs]") {
  std::set<std::string> documented;
  for (const auto& row : table_below(read_document("docs/api.md"), "# The HTTP API"))
    CHECK(documented.insert(code_words(row[0]).at(0)).second);
  std::set<std::string> real;
  for (const auto& each : roles::api::endpoints())
    real.insert(std::string(to_string(each.method)) + " " + std::string(each.pattern));
  CHECK(documented == real);
}

TEST_CASE("the headers that pages of other origins may send and read are those of docs/api.md", "[docs]") {
  http::request preflight(http::verb::options, "/api/v1/orders", 11);
  preflight.set(http::field::origin, "https://tickets.example");
  preflight.set(http::field::access_control_request_method, "POST");
  http::response answer;
  http::cors(roles::api::cors_settings_of({"https://tickets.example"})).mark(preflight, answer);
  const auto rows =
      table_below(read_document("docs/api.md"), "## What may be kept, and by whose pages it may be called");
  REQUIRE(rows.size() == 2);
  const auto sorted = [](std::vector<std::string> names) {
    std::ranges::sort(names);
    return boost::join(names, ", ");
  };
  const auto listed = [&](http::field header) {
    std::vector<std::string> names;
    const std::string list(answer[header]);
    boost::split(names, list, boost::is_any_of(", "), boost::token_compress_on);
    return sorted(names);
  };
  CHECK(sorted(code_words(rows[0][1])) == listed(http::field::access_control_allow_headers));
  CHECK(sorted(code_words(rows[1][1])) == listed(http::field::access_control_expose_headers));
}

TEST_CASE("every link in the documents leads to a file, and to a heading that it has", "[docs]") {
  const std::filesystem::path root(test::checkout());
  const auto all = documents();
  REQUIRE(all.size() > 5);
  for (const auto& document : all)
    for (const auto& target : link_targets(read_document(document.lexically_relative(root)))) {
      if (target.find("://") != std::string::npos) continue;
      INFO(document << " links to " << target);
      const auto mark = target.find('#');
      const auto file = mark == 0 ? document : document.parent_path() / target.substr(0, mark);
      REQUIRE(std::filesystem::exists(file));
      if (mark == std::string::npos) continue;
      CHECK(heading_anchors(read_document(file.lexically_normal().lexically_relative(root)))
                .contains(target.substr(mark + 1)));
    }
}

TEST_CASE("the two pictures of the system differ in nothing but their colours", "[docs]") {
  const auto without_colours = [](const std::string& path) {
    return pattern("#[0-9a-f]{6}").replaced_in(read_document(path), "#");
  };
  CHECK(without_colours("docs/system-light.svg") == without_colours("docs/system-dark.svg"));
}

TEST_CASE("the audit writes an amount with as many digits as its currency has", "[docs]") {
  const std::string audit = read_document("scripts/lib/audit.sql");
  std::map<std::string, int> digits;
  for (const auto& row : pattern(R"(currency IN \(([A-Z', ]+)\) THEN (\d))").all_in(audit))
    for (const auto& code : pattern("[A-Z]{3}").all_in(row[1])) digits[code[0]] = std::stoi(row[2]);
  REQUIRE(digits.contains("JPY"));
  for (char a = 'A'; a <= 'Z'; ++a)
    for (char b = 'A'; b <= 'Z'; ++b)
      for (char c = 'A'; c <= 'Z'; ++c) {
        const std::string currency{a, b, c};
        const auto of_code = domain::minor_unit_digits(currency);
        if (of_code && (digits.contains(currency) ? digits[currency] : 2) != *of_code) FAIL(currency);
      }
}
