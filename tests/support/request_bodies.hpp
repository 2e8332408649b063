// What clients of the API send, and a way to spoil a piece of it.
#pragma once

#include "support/catch2.hpp"

#include <string>

namespace ticketd::test {

inline const std::string purchase_body =
    R"({"event_id":"gig","category_id":"standing","quantity":2,"buyer":{"name":"Ada","email":"Ada@Example.com"}})";

inline const std::string event_body =
    R"({"name":"Gig","venue":"Hall","starts_at":"2027-07-17T18:00:00Z","sale_opens_at":"2027-01-05T10:00:00Z",)"
    R"("sale_closes_at":"2027-07-17T18:00:00Z","max_per_buyer":4,)"
    R"("categories":[{"id":"standing","name":"Standing","price":{"amount":1000,"currency":"TRY"},"capacity":10}]})";

// The text with one piece of it, which must be there, replaced.
inline std::string but(std::string text, const std::string& piece, const std::string& by) {
  const auto at = text.find(piece);
  REQUIRE(at != std::string::npos);
  return text.replace(at, piece.size(), by);
}

}  // namespace ticketd::test
