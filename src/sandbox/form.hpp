// A form as browsers and Stripe's clients send it: application/x-www-form-urlencoded.
//
// Pure. Thread: any.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ticketd::sandbox {

// Names and values, decoded; of a name that comes twice the last counts. In the order of names, so that two spellings
// of one form compare equal.
using form = std::map<std::string, std::string, std::less<>>;

// nullopt for a body that is not one.
[[nodiscard]] std::optional<form> parse_form(std::string_view body);

}  // namespace ticketd::sandbox
