// The table of problems is the one source: what else lists them is held against it, both ways.
#include "problems.hpp"
#include "support/catch2.hpp"
#include "support/document.hpp"
#include "support/patterns.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace ticketd;

namespace {

struct row {
  std::string identifier;
  std::string name;
  std::int64_t status = 0;
  std::string title;
};

// The table as it stands in its header, so that it stands nowhere else.
const std::vector<row>& table() {
  static const std::vector<row> rows = [] {
    std::vector<row> read;
    const test::pattern line(R"re(\b([a-z_]+) *\{"([^"]+)", *([0-9]+), *"([^"]+)"\}[,;])re");
    for (const auto& each : line.all_in(test::read_document("roles/problems.hpp")))
      read.push_back({each[1], each[2], std::stol(each[3]), each[4]});
    return read;
  }();
  return rows;
}

const row* find(std::string_view name) {
  const auto found = std::ranges::find(table(), name, &row::name);
  return found == table().end() ? nullptr : &*found;
}

// The numbers of a cell, as "401, 403".
std::vector<std::int64_t> numbers_of(const std::string& cell) {
  std::vector<std::int64_t> numbers;
  for (const auto& number : test::pattern("[0-9]+").all_in(cell)) numbers.push_back(std::stol(number[0]));
  return numbers;
}

}  // namespace

TEST_CASE("each problem has a name of its own, which is how the code calls it", "[problems]") {
  REQUIRE(table().size() >= 20);
  std::set<std::string> names;
  for (const auto& type : table()) {
    names.insert(type.name);
    CHECK(type.identifier == boost::replace_all_copy(type.name, "-", "_"));
  }
  CHECK(names.size() == table().size());
  // What is read here is what is compiled.
  const auto* sold_out = find("sold-out");
  REQUIRE(sold_out);
  CHECK(sold_out->status == roles::problems::sold_out.status);
  CHECK(sold_out->title == roles::problems::sold_out.title);
}

TEST_CASE("what a server says by itself is a problem of the table", "[problems]") {
  using http::status;
  for (const auto code :
       {status::bad_request, status::not_found, status::method_not_allowed, status::request_timeout,
        status::payload_too_large, status::uri_too_long, status::expectation_failed,
        status::request_header_fields_too_large, status::internal_server_error, status::service_unavailable}) {
    const auto type = roles::problem_of(code);
    CHECK(type.status == static_cast<unsigned>(code));
    const auto* in_table = find(type.name);
    REQUIRE(in_table);
    CHECK(in_table->title == type.title);
  }
}

TEST_CASE("docs/api.md lists the problems that there are", "[problems]") {
  std::set<std::string> documented;
  for (const auto& row : test::table_below(test::read_document("docs/api.md"), "## Problems")) {
    const auto statuses = numbers_of(row.at(0));
    for (const auto& word : test::code_words(row.at(1))) {
      const auto* type = find(word);
      if (word == "Allow" || word == "Retry-After" || word.starts_with("RateLimit")) continue;
      INFO(word);
      REQUIRE(type);
      CHECK(std::ranges::find(statuses, type->status) != statuses.end());
      documented.insert(word);
    }
  }
  for (const auto& type : table()) CHECK(documented.contains(type.name));
}

TEST_CASE("what Nginx says in the api's place is what the api would say", "[problems][nginx]") {
  const auto text = test::read_document("deploy/nginx.conf");
  const test::pattern answer(R"(location = /\.problem/([0-9]+)(?:/[a-z]+)? \{[^}]*?return ([0-9]+) '([^']*)';)");
  std::set<std::string> answered;
  for (const auto& each : answer.all_in(text)) {
    const auto document = boost::json::parse(each[3]).as_object();
    const std::string urn(document.at("type").as_string());
    INFO(urn);
    const auto* type = find(std::string_view(urn).substr(std::string_view("urn:ticketd:problem:").size()));
    REQUIRE(type);
    CHECK(document.at("title").as_string() == type->title);
    CHECK(document.at("status").as_int64() == type->status);
    CHECK(each[1] == std::to_string(type->status));
    CHECK(each[2] == std::to_string(type->status));
    CHECK(document.at("detail").as_string().size() > 0);
    answered.insert(each[1]);
  }
  // Each page that an error leads to is one of these.
  const auto led_to = test::pattern(R"(error_page [^;]*/\.problem/([0-9]+);)").captures_in(text);
  CHECK(answered == std::set<std::string>(led_to.begin(), led_to.end()));
  CHECK(answered.size() >= 10);
}
