#include "persistence/server_addresses.hpp"
#include "support/catch2.hpp"

#include <stdexcept>
#include <vector>

using namespace ticketd;
using persistence::is_a_name;
using persistence::server_address;
using persistence::servers_of;

namespace {

using servers = std::vector<server_address>;

}  // namespace

TEST_CASE("a URL names one server, or several with their ports", "[persistence]") {
  CHECK(servers_of("", "", "") == servers{{"", "", ""}});
  CHECK(servers_of("db", "", "5433") == servers{{"db", "", "5433"}});
  CHECK(servers_of("one,two", "", "5432,5433") == servers{{"one", "", "5432"}, {"two", "", "5433"}});
  CHECK(servers_of("one,two", "", "5432") == servers{{"one", "", "5432"}, {"two", "", "5432"}});
  CHECK(servers_of("one,two", "", "") == servers{{"one", "", ""}, {"two", "", ""}});
  CHECK(servers_of("one,two", ",192.0.2.1", "5432,") == servers{{"one", "", "5432"}, {"two", "192.0.2.1", ""}});
  CHECK(servers_of("", "192.0.2.1", "") == servers{{"", "192.0.2.1", ""}});
}

TEST_CASE("lists that do not fit together are refused", "[persistence]") {
  CHECK_THROWS_AS(servers_of("one,two,three", "", "1,2"), std::invalid_argument);
  CHECK_THROWS_AS(servers_of("one", "", "1,2"), std::invalid_argument);
  CHECK_THROWS_AS(servers_of("one,two", "192.0.2.1", ""), std::invalid_argument);
}

TEST_CASE("what libpq finds without asking a name server is no name", "[persistence]") {
  CHECK(is_a_name({"db", "", ""}));
  CHECK_FALSE(is_a_name({"db", "192.0.2.1", ""}));
  CHECK_FALSE(is_a_name({"", "", ""}));
  CHECK_FALSE(is_a_name({"/run/postgresql", "", ""}));
  CHECK_FALSE(is_a_name({"@abstract", "", ""}));
}
