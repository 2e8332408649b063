#include "persistence/connection.hpp"

#include "persistence/database_errors.hpp"
#include "persistence/room_query.hpp"
#include "persistence/session_settings.hpp"
#include "ticketd/async/resolve.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/observability/metrics.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <poll.h>

#include <utility>

namespace ticketd::persistence {
namespace {

using wait_type = asio::posix::stream_descriptor::wait_type;

constexpr int binary = 1;

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

std::string_view without_newline(std::string_view text) { return text.substr(0, text.find_last_not_of('\n') + 1); }

// A notice is for a person at a terminal; libpq would print it to standard error.
void ignore_notice(void*, const PGresult*) {}

bool is_a_failure(ExecStatusType status) {
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY;
}

// Before there is a result libpq has the code in its text alone, and only if asked to be verbose; the words beside it
// are in the server's language.
bool has_no_connection_left(std::string_view refusal) { return refusal.find(" 53300: ") != std::string_view::npos; }

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

}  // namespace

// While it lives, the connection's waiting ends at the deadline.
class connection::time_limit {
 public:
  time_limit(connection& of, deadline until) : of_(of) {
    of.is_out_of_time_ = false;
    of.timer_.expires_at(until);
    // The timer may have expired, its handler queued, when it is cancelled: so the handler may run when this limit
    // is history, and the connection too.
    of.timer_.async_wait([weak = of.weak_from_this(), set = ++of.limits_set_](const error_code& error) {
      const auto self = weak.lock();
      if (error || !self || self->limits_set_ != set) return;
      self->is_out_of_time_ = true;
      self->interrupt();
    });
  }
  time_limit(const time_limit&) = delete;
  time_limit& operator=(const time_limit&) = delete;
  ~time_limit() {
    ++of_.limits_set_;
    of_.timer_.cancel();
  }

 private:
  connection& of_;
};

connection::connection(const asio::any_io_executor& executor, const server_limits& limits,
                       observability::metrics& metrics)
    : socket_(executor), limits_(limits), metrics_(metrics), timer_(executor) {}

connection::~connection() { close(); }

void connection::close() noexcept {
  if (socket_.is_open()) socket_.release();
  connection_.reset();
}

void connection::cancel() {
  is_cancelled_ = true;
  interrupt();
}

void connection::interrupt() {
  error_code ignored;
  socket_.cancel(ignored);
}

bool connection::is_idle() const noexcept {
  if (!connection_ || is_under_way_ || PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) return false;
  // On an idle connection the server says nothing but goodbye.
  pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
  return ::poll(&socket, 1, 0) == 0;
}

awaitable<bool> connection::wait(wait_type what) {
  error_code error;
  co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
  co_return !error && !is_out_of_time_;
}

awaitable<bool> connection::wait_for_either() {
  auto either = asio::experimental::make_parallel_group(socket_.async_wait(wait_type::wait_read, asio::deferred),
                                                        socket_.async_wait(wait_type::wait_write, asio::deferred));
  const auto [order, read_error, write_error] =
      co_await either.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  co_return !(order[0] == 0 ? read_error : write_error) && !is_out_of_time_;
}

// libpq would look a host name up itself, and block the thread for as long as the name server likes. An empty address
// leaves it to libpq: a socket's directory, or its default.
awaitable<result<std::vector<std::string>>> connection::addresses_of(const server_address& server, deadline until) {
  std::vector<std::string> addresses;
  if (!is_a_name(server)) {
    addresses.push_back(server.hostaddr);
    co_return addresses;
  }
  const auto found = co_await async::resolve(socket_.get_executor(), server.host, std::string(), until);
  if (!found) co_return found.error();
  for (const auto& entry : *found) addresses.push_back(entry.endpoint().address().to_string());
  co_return addresses;
}

awaitable<error_code> connection::handshake() {
  // PostgreSQL manual, 34.1.1: wait as if the last poll had asked for writing.
  auto next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) co_return asio::error::connection_refused;
    // libpq may close its socket within PQconnectPoll and open another (the next address, or without TLS): the
    // descriptor is made anew for each wait, and lets go before libpq goes on.
    socket_.assign(PQsocket(connection_.get()));
    const bool is_ready = co_await wait(next == PGRES_POLLING_READING ? wait_type::wait_read : wait_type::wait_write);
    socket_.release();
    if (!is_ready) co_return asio::error::timed_out;
    next = PQconnectPoll(connection_.get());
  }
  co_return error_code();
}

// libpq has no limit of time for one of several addresses when it does not block (PostgreSQL manual, 34.1.2,
// connect_timeout), so they are tried here, one by one.
awaitable<error_code> connection::connect(const connect_options& options, deadline until) {
  error_code error = database_errc::unreachable;
  auto left = options.servers().size();
  for (const auto& server : options.servers()) {
    const deadline share = share_of(until, left--);
    error = co_await connect_to(options, server, share);
    if (!error || is_cancelled_) co_return error;
  }
  co_return error;
}

awaitable<error_code> connection::connect_to(const connect_options& options, server_address server, deadline until) {
  const auto addresses = co_await addresses_of(server, until);
  if (!addresses) co_return refused_to_connect(options.at(server), addresses.error());
  error_code error = database_errc::unreachable;
  auto left = addresses->size();
  for (const auto& address : *addresses) {
    if (is_cancelled_) co_return error;
    server.hostaddr = address;
    auto at_this = options.at(server);
    const deadline share = share_of(until, left--);
    error = co_await open(std::move(at_this), share);
    if (!error) co_return error;
  }
  co_return error;
}

awaitable<error_code> connection::open(connect_options options, deadline until) {
  const time_limit limit(*this, until);
  is_lost_ = false;  // what broke was the attempt before
  auto error = co_await log_in(options);
  if (!error) error = co_await find_out_whether_pooled();
  if (error) co_return refused_to_connect(options, error);
  co_return error_code();
}

awaitable<error_code> connection::log_in(const connect_options& options) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : options.all()) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection_) throw std::bad_alloc();
  PQsetNoticeReceiver(connection_.get(), ignore_notice, nullptr);
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) co_return asio::error::connection_refused;
  const auto error = co_await handshake();
  if (error) co_return error;
  PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
  socket_.assign(PQsocket(connection_.get()));
  PQsetnonblocking(connection_.get(), 1);
  PQenterPipelineMode(connection_.get());
  co_return error_code();
}

awaitable<error_code> connection::find_out_whether_pooled() {
  pipeline statements;
  add_settings(statements, limits_, PQbackendPID(connection_.get()));
  const auto answers = co_await round_trip(statements);
  if (!answers) co_return answers.error();
  is_pooled_ = read_is_pooled(answers->front().front());
  co_return error_code();
}

error_code connection::refused_to_connect(const connect_options& to, const error_code& error) {
  const std::string_view detail = connection_ ? PQerrorMessage(connection_.get()) : "";
  const bool is_full = has_no_connection_left(detail);
  observability::log_warning(is_full ? "database.full" : "database.unreachable", {{"host", to.get("host")},
                                                                                  {"address", to.get("hostaddr")},
                                                                                  {"error", error.message()},
                                                                                  {"detail", first_line(detail)}});
  close();
  return is_full ? database_errc::out_of_resources : database_errc::unreachable;
}

awaitable<result<connection_room>> connection::room(deadline until) {
  pipeline statements;
  add_room(statements);
  const auto answers = co_await run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return read_room(answers->front().front());
}

awaitable<result<void>> connection::restore_settings(deadline until) {
  if (is_pooled_) co_return result<void>();
  pipeline statements;
  add_settings(statements, limits_, PQbackendPID(connection_.get()));
  const auto answers = co_await run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return result<void>();
}

bool connection::send(const pipeline::statement& statement) {
  const auto& [what, parameters] = statement;
  if (!is_pooled_ && !prepared_.contains(what->name) &&
      !PQsendPrepare(connection_.get(), what->name, what->sql, 0, nullptr))
    return false;
  std::vector<const char*> values;
  std::vector<int> lengths;
  const std::vector<int> formats(parameters.size(), binary);
  for (const auto& parameter : parameters) {
    values.push_back(parameter.data());
    lengths.push_back(static_cast<int>(parameter.size()));
  }
  const auto count = static_cast<int>(parameters.size());
  if (is_pooled_)
    return PQsendQueryParams(connection_.get(), what->sql, count, nullptr, values.data(), lengths.data(),
                             formats.data(), binary) == 1;
  return PQsendQueryPrepared(connection_.get(), what->name, count, values.data(), lengths.data(), formats.data(),
                             binary) == 1;
}

bool connection::send_all(const pipeline& statements) {
  for (const auto& statement : statements.statements())
    if (!send(statement)) return false;
  return PQpipelineSync(connection_.get()) == 1;
}

awaitable<error_code> connection::flush() {
  for (;;) {
    const int unsent = PQflush(connection_.get());
    if (unsent == 0) co_return error_code();
    if (unsent < 0) co_return lost("send");
    // Reading too: a server whose answers nobody takes stops taking requests (PostgreSQL manual, 34.5.1.1).
    const bool is_ready = co_await wait_for_either();
    if (!is_ready || !PQconsumeInput(connection_.get())) co_return lost("send");
  }
}

awaitable<result<pg_result>> connection::next_result() {
  while (PQisBusy(connection_.get())) {
    const bool is_ready = co_await wait(wait_type::wait_read);
    if (!is_ready || !PQconsumeInput(connection_.get())) co_return lost("receive");
  }
  co_return pg_result(PQgetResult(connection_.get()));
}

error_code connection::refused(std::string_view name, const char* lost_race, const PGresult* result) const {
  const auto sqlstate = field(result, PG_DIAG_SQLSTATE);
  const auto constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  // The primary message alone: the detail may quote a buyer's data.
  observability::log_warning("database.error", {{"statement", name},
                                                {"sqlstate", sqlstate},
                                                {"message", field(result, PG_DIAG_MESSAGE_PRIMARY)},
                                                {"constraint", constraint}});
  return classify(sqlstate, constraint, lost_race);
}

error_code connection::lost(std::string_view during) {
  is_lost_ = !is_out_of_time_;
  observability::log_warning(is_lost_ ? "database.connection_lost" : "database.statement_timeout",
                             {{"during", during}, {"detail", without_newline(PQerrorMessage(connection_.get()))}});
  close();
  return is_lost_ ? database_errc::connection_lost : database_errc::statement_timeout;
}

// PostgreSQL manual, 34.5.1.2: each statement's results, then a null; at the end the synchronisation point.
awaitable<result<std::vector<rows>>> connection::read_all(const pipeline& statements) {
  std::vector<rows> answers;
  error_code first_error;
  for (const auto& statement : statements.statements()) {
    const query& what = *statement.what;
    const bool is_to_be_prepared = !is_pooled_ && !prepared_.contains(what.name);
    for (int step = is_to_be_prepared ? 0 : 1; step < 2; ++step) {
      auto answer = co_await next_result();
      if (!answer) co_return answer.error();
      const auto status = PQresultStatus(answer->get());
      if (status != PGRES_PIPELINE_ABORTED && is_a_failure(status)) {
        first_error = refused(what.name, what.lost_race, answer->get());
      } else if (status != PGRES_PIPELINE_ABORTED) {
        if (step == 0) {
          prepared_.insert(what.name);
        } else {
          metrics_.record_statement(what.name);
          answers.emplace_back(std::move(*answer));
        }
      }
      auto end = co_await next_result();
      if (!end) co_return end.error();
    }
  }
  auto synchronised = co_await next_result();
  if (!synchronised) co_return synchronised.error();
  // Anything else: what was sent and what was answered are no longer in step.
  if (PQresultStatus(synchronised->get()) != PGRES_PIPELINE_SYNC) co_return lost("synchronise");
  if (first_error) co_return first_error;
  co_return answers;
}

awaitable<result<std::vector<rows>>> connection::round_trip(const pipeline& statements) {
  if (!send_all(statements)) co_return lost("send");
  const error_code error = co_await flush();
  if (error) co_return error;
  auto answers = co_await read_all(statements);
  co_return answers;
}

// Behind the BEGIN, where there is one; otherwise the pipeline is a transaction of its own.
awaitable<result<std::vector<rows>>> connection::round_trip_with_settings(pipeline statements) {
  const bool has_begin = statements.statements().front().what == &begin_transaction;
  const std::size_t place = has_begin ? 1 : 0;
  pipeline settings;
  add_transaction_settings(settings, limits_);
  statements.insert(place, settings);
  auto answers = co_await round_trip(statements);
  if (answers) answers->erase(answers->begin() + static_cast<std::ptrdiff_t>(place));
  co_return answers;
}

awaitable<result<std::vector<rows>>> connection::run(pipeline statements, deadline until) {
  if (!connection_) co_return database_errc::connection_lost;
  const time_limit limit(*this, until);
  // Stays set if this coroutine is destroyed while it waits: then the connection is no good to anyone.
  is_under_way_ = true;
  const bool begins = PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  result<std::vector<rows>> answers{std::vector<rows>()};
  if (is_pooled_ && begins)
    answers = co_await round_trip_with_settings(std::move(statements));
  else
    answers = co_await round_trip(statements);
  if (!answers && connection_ && PQtransactionStatus(connection_.get()) == PQTRANS_INERROR) {
    pipeline roll_back;
    roll_back.add(roll_back_transaction);
    const auto rolled_back = co_await round_trip(roll_back);
    if (!rolled_back && connection_) close();
  }
  // Its plans may be what does not fit, or its server one that was demoted: another connection starts afresh.
  if (!answers && answers.error() == database_errc::unusable && connection_) close();
  is_under_way_ = false;
  co_return answers;
}

awaitable<error_code> connection::round_trip_of_script(std::string_view name, const char* sql) {
  // Several statements in one text are for the simple query protocol only, which has no pipeline.
  if (!PQexitPipelineMode(connection_.get()) || !PQsendQuery(connection_.get(), sql)) co_return lost("send");
  const error_code error = co_await flush();
  if (error) co_return error;
  error_code first_error;
  for (;;) {
    auto answer = co_await next_result();
    if (!answer) co_return answer.error();
    if (!*answer) break;
    if (is_a_failure(PQresultStatus(answer->get()))) first_error = refused(name, "", answer->get());
  }
  PQenterPipelineMode(connection_.get());
  co_return first_error;
}

awaitable<result<void>> connection::execute(pipeline statements, deadline until) {
  const auto answers = co_await run(std::move(statements), until);
  if (!answers) co_return answers.error();
  co_return result<void>();
}

awaitable<result<void>> connection::run_script(std::string_view name, const char* sql, deadline until) {
  if (!connection_) co_return database_errc::connection_lost;
  const time_limit limit(*this, until);
  is_under_way_ = true;
  const error_code error = co_await round_trip_of_script(name, sql);
  is_under_way_ = false;
  if (error) co_return error;
  co_return result<void>();
}

}  // namespace ticketd::persistence
