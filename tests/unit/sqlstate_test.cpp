#include "persistence/connect_options.hpp"
#include "persistence/database_errors.hpp"
#include "support/catch2.hpp"

#include <chrono>
#include <stdexcept>

using namespace std::chrono_literals;
using ticketd::persistence::classify;
using ticketd::persistence::connect_options;
using ticketd::persistence::database_errc;
using ticketd::persistence::is_transient;
using ticketd::persistence::make_error_code;

TEST_CASE("SQLSTATEs become what the caller can do about them", "[persistence]") {
  for (const auto* state : {"40001", "40P01"}) REQUIRE(classify(state, "", "") == database_errc::conflict);
  REQUIRE(classify("55P03", "", "") == database_errc::lock_timeout);
  for (const auto* state : {"53100", "53200", "53300", "57P01", "57P02", "57P03"})
    REQUIRE(classify(state, "", "") == database_errc::out_of_resources);
  for (const auto* state : {"23502", "23503", "23505", "23514"})
    REQUIRE(classify(state, "some_constraint", "") == database_errc::constraint_violation);
  for (const auto* state : {"22001", "22003", "22021", "22P02"})
    REQUIRE(classify(state, "", "") == database_errc::statement_failed);
}

TEST_CASE("what no order is at fault for is waited out", "[persistence]") {
  // read-only, no such table, no such column, another plan, no privilege, another encoding, an extension gone, a bug
  for (const auto* state :
       {"25006", "42P01", "42703", "0A000", "42501", "22P05", "42883", "42601", "XX000", "P0001", ""})
    REQUIRE(classify(state, "", "") == database_errc::unusable);
  REQUIRE(classify("57014", "", "") == database_errc::statement_timeout);
  REQUIRE(is_transient(make_error_code(database_errc::unusable)));
}

TEST_CASE("only the named unique constraint is a lost race", "[persistence]") {
  REQUIRE(classify("23505", "orders_pkey", "orders_pkey") == database_errc::conflict);
  REQUIRE(classify("23505", "tickets_code_key", "orders_pkey") == database_errc::constraint_violation);
  REQUIRE(classify("23514", "orders_pkey", "orders_pkey") == database_errc::constraint_violation);
}

TEST_CASE("transient is what may succeed later", "[persistence]") {
  REQUIRE(is_transient(make_error_code(database_errc::unreachable)));
  REQUIRE(is_transient(make_error_code(database_errc::statement_timeout)));
  REQUIRE_FALSE(is_transient(make_error_code(database_errc::constraint_violation)));
  REQUIRE_FALSE(is_transient(make_error_code(database_errc::statement_failed)));
  REQUIRE_FALSE(is_transient({}));
}

TEST_CASE("connect options keep what the URL says and add ours", "[persistence]") {
  const connect_options options("postgresql://u:p%40ss@db:5433/d?options=-c%20work_mem%3D8MB&tcp_user_timeout=7",
                                "api-1");
  REQUIRE(options.get("host") == "db");
  REQUIRE(options.get("password") == "p@ss");
  REQUIRE(options.get("application_name") == "api-1");
  REQUIRE(options.get("tcp_user_timeout") == "7");
  REQUIRE(options.get("options") == "-c work_mem=8MB");  // ours are said later: a pooler refuses them here
}

TEST_CASE("one server of several is connected to as if it were the only one", "[persistence]") {
  const connect_options options("postgresql://u@one:5432,two:5433/d", "api-1");
  REQUIRE(options.servers().size() == 2);
  auto second = options.servers().back();
  second.hostaddr = "192.0.2.2";
  const auto to_second = options.at(second);
  CHECK(to_second.get("host") == "two");
  CHECK(to_second.get("hostaddr") == "192.0.2.2");
  CHECK(to_second.get("port") == "5433");
  CHECK(to_second.get("user") == "u");
  CHECK_THROWS_AS(connect_options("postgresql:///d?host=one,two,three&port=1,2", "api-1"), std::invalid_argument);
}

TEST_CASE("a URL that cannot be read is not quoted in the error", "[persistence]") {
  try {
    const connect_options options("postgresql://u:hunter2@%zz/d", "api-1");
    FAIL("was taken");
  } catch (const std::invalid_argument& error) {
    REQUIRE(std::string(error.what()).find("hunter2") == std::string::npos);
  }
}
