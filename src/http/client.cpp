#include "ticketd/http/client.hpp"

#include "http/call_slots.hpp"
#include "http/client_connection.hpp"
#include "ticketd/async/resolve.hpp"
#include "ticketd/async/tls.hpp"
#include "ticketd/observability/log.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <stdexcept>
#include <utility>
#include <vector>

namespace ticketd::http {
namespace {

namespace urls = boost::urls;

// error_category's destructor is protected, which is what counts; its friends make GCC doubt it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class client_error_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "ticketd.http.client"; }
  std::string message(int code) const override {
    switch (static_cast<client_errc>(code)) {
      case client_errc::not_sent:
        return "the request was not sent";
      case client_errc::no_answer:
        return "the request was sent, and not answered";
    }
    return "unknown";
  }
};
#pragma GCC diagnostic pop

origin parse_origin(std::string_view url) {
  const auto parsed = urls::parse_uri(boost::core::string_view(url));
  const bool is_http = parsed && parsed->scheme_id() == urls::scheme::http;
  const bool is_https = parsed && parsed->scheme_id() == urls::scheme::https;
  const bool names_a_server = parsed && !parsed->host().empty() && !parsed->has_userinfo() && !parsed->has_query() &&
                              (parsed->encoded_path().empty() || parsed->encoded_path() == "/");
  if (!(is_http || is_https) || !names_a_server)
    throw std::invalid_argument("not a URL of the form http://host:port or https://host: " + std::string(url));
  origin server;
  server.is_tls = is_https;
  server.host = parsed->host_address();
  server.port = parsed->has_port() ? std::string(parsed->port()) : is_https ? "443" : "80";
  server.host_header = std::string(parsed->encoded_host_and_port());
  return server;
}

// Shared by the client and its calls.
struct pool {
  pool(const asio::any_io_executor& where, client_settings with)
      : executor(where),
        settings(std::move(with)),
        server(parse_origin(settings.url)),
        tls(server.is_tls ? async::make_tls_context(settings.ca_file) : nullptr),
        slots(where, settings.connections) {}

  asio::any_io_executor executor;
  client_settings settings;
  origin server;
  std::shared_ptr<async::tls_context> tls;  // null: a plain server
  call_slots slots;
  std::vector<std::unique_ptr<client_connection>> idle;  // used last in first out: the rest may close
};

class held_slot {
 public:
  explicit held_slot(std::shared_ptr<pool> from) : pool_(std::move(from)) {}
  held_slot(const held_slot&) = delete;
  held_slot& operator=(const held_slot&) = delete;
  ~held_slot() { pool_->slots.release(); }

 private:
  std::shared_ptr<pool> pool_;
};

class pooled_client final : public client {
 public:
  pooled_client(const asio::any_io_executor& executor, client_settings settings)
      : pool_(std::make_shared<pool>(executor, std::move(settings))) {}

  awaitable<result<response>> send(request sent, deadline until) override {
    const auto pool = pool_;
    if (std::chrono::steady_clock::now() >= until) co_return make_error_code(client_errc::not_sent);
    const bool has_slot = co_await pool->slots.acquire(until);
    if (!has_slot) co_return make_error_code(client_errc::not_sent);
    const held_slot slot(pool);

    auto connection = take_idle(*pool);
    if (!connection) connection = co_await connect(pool, until);
    if (!connection) co_return make_error_code(client_errc::not_sent);

    sent.version(11);
    sent.set(field::host, pool->server.host_header);
    sent.keep_alive(true);
    sent.prepare_payload();
    response answer;
    const error_code failure = co_await connection->exchange(sent, answer, until);
    if (failure) co_return make_error_code(client_errc::no_answer);
    if (answer.keep_alive()) pool->idle.push_back(std::move(connection));
    co_return answer;
  }

 private:
  static std::unique_ptr<client_connection> take_idle(pool& from) {
    while (!from.idle.empty()) {
      auto connection = std::move(from.idle.back());
      from.idle.pop_back();
      if (!connection->is_stale()) return connection;
    }
    return nullptr;
  }

  // nullptr if the server is not to be reached. It is looked up anew for each connection: one that moved is found
  // again.
  static awaitable<std::unique_ptr<client_connection>> connect(std::shared_ptr<pool> from, deadline until) {
    const origin& server = from->server;
    const auto found = co_await async::resolve(from->executor, server.host, server.port, until);
    if (!found) {
      report_unreachable(server, found.error().message());
      co_return nullptr;
    }
    auto connection = make_client_connection(from->executor, server, from->tls.get(), from->settings.answer_max);
    const error_code failure = co_await connection->open(*found, until);
    if (!failure) co_return connection;
    report_unreachable(server, connection->describe(failure));
    co_return nullptr;
  }

  // The log bounds how often. Callers only hear that nothing was sent.
  static void report_unreachable(const origin& server, std::string_view why) {
    observability::log_warning("http.unreachable", {{"server", server.host_header}, {"error", why}});
  }

  std::shared_ptr<pool> pool_;
};

}  // namespace

const boost::system::error_category& client_category() noexcept {
  static const client_error_category category;
  return category;
}

error_code make_error_code(client_errc code) noexcept { return {static_cast<int>(code), client_category()}; }

std::unique_ptr<client> make_client(const asio::any_io_executor& executor, client_settings settings) {
  return std::make_unique<pooled_client>(executor, std::move(settings));
}

}  // namespace ticketd::http
