// A database of a test's own on the server of TICKETD_TEST_DATABASE_URL, dropped at the end, and plain SQL to look
// into it behind the stores' backs.
#pragma once

#include "support/catch2.hpp"
#include "support/servers.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace ticketd::test {

class plain_sql {
 public:
  explicit plain_sql(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str()), PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) FAIL(PQerrorMessage(connection_.get()));
    PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
  }

  // The first column of the first row, "" where there is none. Throws std::runtime_error with the server's message.
  std::string operator()(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()), PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw std::runtime_error(PQresultErrorMessage(result.get()));
    return PQntuples(result.get()) > 0 && PQnfields(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }

  // The message of a statement that has to fail.
  std::string refusal_of(const std::string& sql) {
    try {
      (*this)(sql);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    FAIL("was not refused: " << sql);
    return {};
  }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class fresh_database {
 public:
  fresh_database() : server_url_(required_variable("TICKETD_TEST_DATABASE_URL")), name_(unused_name()) {
    plain_sql{server_url_}("CREATE DATABASE " + name_);
  }
  fresh_database(const fresh_database&) = delete;
  fresh_database& operator=(const fresh_database&) = delete;
  // An autovacuum that is at work in it is the superuser's, which this role may not end (PostgreSQL, "DROP DATABASE"):
  // it is over in a moment. What cannot be dropped all the same goes with its server.
  ~fresh_database() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_dropped() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }

  // The server's URL with this database in it.
  [[nodiscard]] std::string url() const {
    const auto query = server_url_.find('?');
    const auto slash = server_url_.find('/', server_url_.find("://") + 3);
    const auto path = std::min(slash, query);
    return server_url_.substr(0, path) + "/" + name_ + (query == std::string::npos ? "" : server_url_.substr(query));
  }
  [[nodiscard]] plain_sql connect() const { return plain_sql(url()); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  bool is_dropped() const noexcept {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> on(PQconnectdb(server_url_.c_str()), PQfinish);
    const auto drop = "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)";
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(on.get(), drop.c_str()), PQclear);
    return PQresultStatus(answer.get()) == PGRES_COMMAND_OK;
  }

  static std::string unused_name() {
    static int count = 0;
    return "ticketd_test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
  }

  std::string server_url_;
  std::string name_;
};

}  // namespace ticketd::test
