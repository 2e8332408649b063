// The header fields that the api's code names, held against what browsers are told of them (CORS).
#include "api/headers.hpp"
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/document.hpp"
#include "support/patterns.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/split.hpp>

#include <filesystem>
#include <set>
#include <string>

using namespace ticketd;

namespace {

std::set<std::string> names_in(const std::string& list) {
  std::set<std::string> names;
  boost::split(names, boost::to_lower_copy(boost::replace_all_copy(list, ", ", ",")), [](char c) { return c == ','; });
  return names;
}

// Of the api's sources, but for the lists themselves: "if-match" of http::field::if_match, "prefer" of headers::prefer.
std::set<std::string> identifiers(const std::string& of_namespace) {
  std::set<std::string> names;
  const test::pattern named(of_namespace + "::([a-z_]+)");
  for (const auto& entry : std::filesystem::directory_iterator(test::checkout() + "/roles/api")) {
    const auto file = entry.path().filename().string();
    if (file == "headers.cpp" || file == "headers.hpp") continue;
    for (const auto& name : named.captures_in(test::read_document("roles/api/" + file)))
      names.insert(boost::replace_all_copy(name, "_", "-"));
  }
  return names;
}

std::set<std::string> without(std::set<std::string> names, const std::set<std::string>& less) {
  for (const auto& name : less) names.erase(name);
  return names;
}

}  // namespace

TEST_CASE("every header that the api reads or sends is one that a page may send or read", "[headers]") {
  const auto told = roles::api::cors_settings_of({});
  auto listed = names_in(told.request_headers);
  listed.merge(names_in(told.response_headers));
  // Safe for any page (the Fetch standard), or about codings, which browsers see to themselves.
  const std::set<std::string> of_all{"cache-control", "content-encoding", "accept-encoding"};
  CHECK(without(without(identifiers("http::field"), of_all), listed).empty());
  // What passes between Nginx and the api.
  const std::set<std::string> of_nginx{"request-start", "key-of-nginx", "accel-redirect"};
  CHECK(without(without(identifiers("headers"), of_nginx), listed).empty());
  CHECK(identifiers("http::field").size() > 5);
  CHECK(identifiers("headers").size() > 3);
}

TEST_CASE("no header between Nginx and the api is for a page", "[headers]") {
  const auto told = roles::api::cors_settings_of({});
  for (const auto* list : {&told.request_headers, &told.response_headers}) CHECK(list->find("X-") == std::string::npos);
}

TEST_CASE("what Nginx lets a page read of its own refusals, the api lets it read too", "[headers][nginx]") {
  const test::pattern exposed(R"re(map \$cors_origin \$cors_exposed \{[^}]*default "([^"]+)";)re");
  const auto found = exposed.first_in(test::read_document("deploy/nginx.conf"));
  REQUIRE(found);
  const auto of_api = names_in(roles::api::cors_settings_of({}).response_headers);
  CHECK(without(names_in(found->at(1)), of_api).empty());
}
