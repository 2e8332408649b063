// Reads the members of a JSON request one by one, and collects what is wrong with them: a buyer hears of all mistakes
// at once, each with its JSON Pointer (RFC 6901).
//
// Plain classes: one thread at a time.
#pragma once

#include "ticketd/domain/timestamp.hpp"
#include "ticketd/http/problem.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ticketd::roles::api {

struct json_body {
  boost::json::object object;
  std::set<std::string> repeated;  // pointers of members that stand twice in their object
};

// The object in a request's body, or the problem with it (415, 400). A byte order mark before it is passed over.
[[nodiscard]] std::variant<json_body, http::problem> parse_object(const http::request& request);

class json_members {
 public:
  // Both outlive it.
  json_members(const json_body& body, std::vector<http::field_error>& errors)
      : json_members(body.object, "", body.repeated, &errors) {}

  // Each returns a harmless value where the member is missing or wrong, after noting an error.
  [[nodiscard]] std::string text(std::string_view name, std::size_t longest);
  [[nodiscard]] std::string slug(std::string_view name);
  [[nodiscard]] std::string email(std::string_view name);
  [[nodiscard]] std::string currency(std::string_view name);
  [[nodiscard]] std::string payment_method(std::string_view name);
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most);
  [[nodiscard]] domain::timestamp time(std::string_view name);
  [[nodiscard]] json_members object(std::string_view name);
  // Of an object that stands in one of its arrays.
  [[nodiscard]] json_members element(const boost::json::object& object, std::string pointer) const;
  [[nodiscard]] const boost::json::array& array(std::string_view name, std::size_t longest);

  // Whether there is such a member: for one that may be left out.
  [[nodiscard]] bool has(std::string_view name) const;

  void complain(std::string_view name, std::string detail);
  [[nodiscard]] std::string pointer_to(std::string_view name) const;

 private:
  json_members(const boost::json::object& object, std::string pointer, const std::set<std::string>& repeated,
               std::vector<http::field_error>* errors)
      : object_(&object), pointer_(std::move(pointer)), repeated_(&repeated), errors_(errors) {}
  [[nodiscard]] const boost::json::value* find(std::string_view name);
  [[nodiscard]] const boost::json::string* find_string(std::string_view name);

  const boost::json::object* object_;
  std::string pointer_;
  const std::set<std::string>* repeated_;
  std::vector<http::field_error>* errors_;  // null: the members of something that is not there; nobody wants to know
};

// What the id of an event or a category must be, in the words of a complaint.
[[nodiscard]] std::string slug_rule();

[[nodiscard]] http::problem make_validation_problem(std::vector<http::field_error> errors);

}  // namespace ticketd::roles::api
