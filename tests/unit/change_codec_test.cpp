// Change notices, as they travel.
#include "messaging/change_codec.hpp"
#include "support/catch2.hpp"

#include <vector>

using namespace ticketd;
using messaging::decode_changes;
using messaging::encode_changes;

TEST_CASE("a notice names the orders that it was made of", "[change_codec]") {
  std::vector<domain::order_id> ids;
  CHECK(encode_changes(ids) == R"({"orders":[]})");
  for (std::uint8_t number = 1; number <= 3; ++number) {
    ids.push_back(domain::order_id({number}));
    CHECK(decode_changes(encode_changes(ids)) == ids);
  }
  CHECK(encode_changes({ids.data(), 1}) == R"({"orders":["01000000-0000-0000-0000-000000000000"]})");
}

TEST_CASE("of a notice that is none, nothing is read, and of a newer one what is known", "[change_codec]") {
  for (const auto* body : {"", "{", "[]", "7", "{}", R"({"orders":7})", R"({"orders":["x",7,null,{}]})", "\xff"})
    CHECK(decode_changes(body).empty());
  const auto read =
      decode_changes(R"({"version":9,"orders":["nonsense","01000000-0000-0000-0000-000000000000"],"events":["gig"]})");
  CHECK(read == std::vector{domain::order_id({1})});
}
