#include "persistence/database_errors.hpp"

#include <string>

namespace ticketd::persistence {
namespace {

// error_category's destructor is protected, which is what counts; its friends make GCC doubt it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "ticketd.database"; }

  std::string message(int value) const override {
    switch (static_cast<database_errc>(value)) {
      case database_errc::unreachable:
        return "the database cannot be reached";
      case database_errc::connection_lost:
        return "the database connection broke; the outcome is unknown";
      case database_errc::pool_wait_timeout:
        return "no database connection came free in time";
      case database_errc::statement_timeout:
        return "a database statement took too long; its outcome is unknown";
      case database_errc::conflict:
        return "another transaction was in the way";
      case database_errc::lock_timeout:
        return "another transaction holds a row";
      case database_errc::out_of_resources:
        return "the database is out of resources or shutting down";
      case database_errc::unusable:
        return "the database refuses what it took before";
      case database_errc::constraint_violation:
        return "a database constraint was violated";
      case database_errc::statement_failed:
        return "a database statement failed";
    }
    return "unknown database error";
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& database_category() noexcept {
  static const category instance;
  return instance;
}

error_code make_error_code(database_errc code) noexcept { return {static_cast<int>(code), database_category()}; }

bool is_transient(const error_code& error) noexcept {
  return error.category() == database_category() && error && error != database_errc::constraint_violation &&
         error != database_errc::statement_failed;
}

bool may_be_the_values(const error_code& error) noexcept {
  return error == database_errc::constraint_violation || error == database_errc::statement_failed ||
         error == database_errc::unusable;
}

bool may_be_the_rows(const error_code& error) noexcept {
  return may_be_the_values(error) || error == database_errc::lock_timeout || error == database_errc::statement_timeout;
}

// Whatever is not proved to be the values' own fault is waited out: a failover makes the database read-only for a
// while, a restore takes the schema away.
database_errc classify(std::string_view sqlstate, std::string_view constraint, std::string_view lost_race) noexcept {
  const auto kind = sqlstate.substr(0, 2);
  if (sqlstate == "40001" || sqlstate == "40P01") return database_errc::conflict;
  if (sqlstate == "55P03") return database_errc::lock_timeout;
  if (sqlstate == "23505" && constraint == lost_race) return database_errc::conflict;
  if (kind == "23") return database_errc::constraint_violation;
  // 57014 is the server's own statement_timeout.
  if (sqlstate == "57014") return database_errc::statement_timeout;
  if (sqlstate == "25P03") return database_errc::conflict;
  if (kind == "53" || kind == "58" || sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03")
    return database_errc::out_of_resources;
  if (kind == "08") return database_errc::connection_lost;
  // 22P05 is text that the database's encoding has no room for: the database was made with another one.
  if (kind == "22" && sqlstate != "22P05") return database_errc::statement_failed;
  return database_errc::unusable;
}

}  // namespace ticketd::persistence
