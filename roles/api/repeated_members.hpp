// Which members of a JSON text stand twice in their object. RFC 8259 leaves open what such a text means, and programs
// differ: what one takes for a purchase of one ticket is one of four to the next. Members that nobody reads may.
//
// Pure. Thread: any.
#pragma once

#include <boost/json.hpp>

#include <set>
#include <string>
#include <string_view>

namespace ticketd::roles::api {

// Their JSON Pointers (RFC 6901). `text` is JSON, and `parsed` what Boost.JSON made of it.
[[nodiscard]] std::set<std::string> repeated_members(std::string_view text, const boost::json::value& parsed);

}  // namespace ticketd::roles::api
