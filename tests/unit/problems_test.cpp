// The table of problems is the one source: what else lists them is held against it, both ways.
#include "api/problems.hpp"
#include "support/catch2.hpp"
#include "support/document.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>

using namespace ticketd;
namespace problems = roles::api::problems;

namespace {

const http::problem_type* find(std::string_view name) {
  const auto found = std::ranges::find(problems::all, name, &http::problem_type::name);
  return found == std::end(problems::all) ? nullptr : &*found;
}

// The numbers of a cell, as "401, 403".
std::vector<unsigned> numbers_of(const std::string& cell) {
  std::vector<unsigned> numbers;
  const std::regex number("[0-9]+");
  for (std::sregex_iterator at(cell.begin(), cell.end(), number), end; at != end; ++at)
    numbers.push_back(static_cast<unsigned>(std::stoul(at->str())));
  return numbers;
}

}  // namespace

TEST_CASE("each problem has a name of its own, and stands in the order of its status", "[problems]") {
  std::set<std::string_view> names;
  for (const auto& type : problems::all) {
    names.insert(type.name);
    CHECK_FALSE(type.title.empty());
  }
  CHECK(names.size() == std::size(problems::all));
  CHECK(std::ranges::is_sorted(problems::all, {}, &http::problem_type::status));
}

TEST_CASE("docs/api.md lists the problems that there are", "[problems]") {
  std::set<std::string> documented;
  for (const auto& row : test::table_below(test::read_document("docs/api.md"), "## Problems")) {
    const auto statuses = numbers_of(row.at(0));
    for (const auto& word : test::code_words(row.at(1))) {
      const auto* type = find(word);
      if (word == "Allow" || word == "Retry-After") continue;
      INFO(word);
      REQUIRE(type);
      CHECK(std::ranges::find(statuses, type->status) != statuses.end());
      documented.insert(word);
    }
  }
  for (const auto& type : problems::all) CHECK(documented.contains(std::string(type.name)));
}

TEST_CASE("what Nginx says in the api's place is what the api would say", "[problems][nginx]") {
  const auto text = test::read_document("deploy/nginx.conf");
  const std::regex answer(R"(location = /\.problem/([0-9]+) \{[^}]*?return ([0-9]+) '([^']*)';)");
  std::set<std::string> answered;
  for (std::sregex_iterator at(text.begin(), text.end(), answer), end; at != end; ++at) {
    const auto document = boost::json::parse((*at)[3].str()).as_object();
    const std::string urn(document.at("type").as_string());
    INFO(urn);
    const auto* type = find(std::string_view(urn).substr(std::string_view("urn:ticketd:problem:").size()));
    REQUIRE(type);
    CHECK(document.at("title").as_string() == boost::json::string_view(type->title.data(), type->title.size()));
    CHECK(document.at("status").as_int64() == type->status);
    CHECK((*at)[1] == std::to_string(type->status));
    CHECK((*at)[2] == std::to_string(type->status));
    CHECK(document.at("detail").as_string().size() > 0);
    answered.insert((*at)[1]);
  }
  // Each page that an error leads to is one of these.
  const std::regex page(R"(error_page [^;]*/\.problem/([0-9]+);)");
  std::set<std::string> led_to;
  for (std::sregex_iterator at(text.begin(), text.end(), page), end; at != end; ++at) led_to.insert((*at)[1]);
  CHECK(answered == led_to);
  CHECK(answered.size() >= 10);
}
