#include "cache/redis_connection.hpp"

#include "cache/hiredis_events.hpp"
#include "ticketd/async/result.hpp"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace ticketd::cache {
namespace {

reply to_reply(const redisReply& raw) {
  const auto text = [&raw] { return std::string(raw.str, static_cast<std::size_t>(raw.len)); };
  switch (raw.type) {
    case REDIS_REPLY_NIL:
      return {reply_kind::nil, {}};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {reply_kind::text, text()};
    case REDIS_REPLY_INTEGER:
      return {reply_kind::integer, {}};
    case REDIS_REPLY_ERROR:
      return {reply_kind::error, text()};
    default:
      return {reply_kind::other, {}};
  }
}

}  // namespace

std::shared_ptr<redis_connection> redis_connection::open(const asio::any_io_executor& executor,
                                                         const asio::ip::tcp::endpoint& server,
                                                         std::function<void()> on_closed) {
  std::shared_ptr<redis_connection> connection(new redis_connection(executor, std::move(on_closed)));
  connection->connect(executor, server);
  return connection;
}

redis_connection::redis_connection(const asio::any_io_executor& executor, std::function<void()> on_closed)
    : on_closed_(std::move(on_closed)), watchdog_(executor) {}

redis_connection::~redis_connection() { close(); }

void redis_connection::connect(const asio::any_io_executor& executor, const asio::ip::tcp::endpoint& server) {
  // An address, never a name: hiredis would resolve a name with a blocking getaddrinfo().
  redisAsyncContext* context = redisAsyncConnect(server.address().to_string().c_str(), server.port());
  if (!context) return;
  if (context->err != 0) {
    redisAsyncFree(context);
    return;
  }
  context_ = context;
  hiredis_events::attach(executor, *context, [this] { on_gone(); });
}

void redis_connection::close() {
  if (context_) redisAsyncFree(context_);  // comes back by on_gone()
}

awaitable<reply> redis_connection::call(arguments command, deadline until) {
  const auto to = std::make_shared<answer>();
  if (!send(command, {until, to})) co_return reply{};
  co_return co_await to->wait();
}

void redis_connection::post(arguments command, deadline until) { send(command, {until, nullptr}); }

bool redis_connection::send(arguments command, pending entry) {
  if (!context_) return false;
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const std::string_view word : command) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  const int sent =
      redisAsyncCommandArgv(context_, on_reply, this, static_cast<int>(command.size()), texts.data(), lengths.data());
  if (sent != REDIS_OK) return false;
  const deadline until = entry.until;
  in_flight_.push_back(std::move(entry));
  watch(until);
  return true;
}

void redis_connection::on_reply(redisAsyncContext*, void* raw_reply, void* self) {
  // Null for each command that is still unanswered when the context is freed: on_gone() speaks for all of them.
  if (!raw_reply) return;
  auto& in_flight = static_cast<redis_connection*>(self)->in_flight_;
  const pending first = std::move(in_flight.front());
  in_flight.pop_front();
  if (first.to) first.to->deliver(to_reply(*static_cast<const redisReply*>(raw_reply)));
}

void redis_connection::on_gone() {
  context_ = nullptr;
  watchdog_.cancel();
  for (const pending& each : std::exchange(in_flight_, {}))
    if (each.to) each.to->deliver(reply{});
  std::exchange(on_closed_, nullptr)();
}

void redis_connection::watch(deadline until) {
  if (is_watching_ && watchdog_.expiry() <= until) return;
  is_watching_ = true;
  watchdog_.expires_at(until);
  watchdog_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (!error && self) self->look_for_overdue();
  });
}

// This thread may have been busy while the replies came in: the server is not to blame. hiredis reads 16 KiB a time.
void redis_connection::take_what_is_there() {
  std::size_t before = 0;
  do {
    // Before the connection stands, hiredis 0.14 would take the look for the end of connecting.
    if (!context_ || !(context_->c.flags & REDIS_CONNECTED)) return;
    before = in_flight_.size();
    redisAsyncHandleRead(context_);
  } while (in_flight_.size() < before);
}

void redis_connection::look_for_overdue() {
  is_watching_ = false;
  take_what_is_there();
  if (in_flight_.empty()) return;
  const auto earliest = std::min_element(in_flight_.begin(), in_flight_.end(),
                                         [](const pending& a, const pending& b) { return a.until < b.until; });
  if (earliest->until <= std::chrono::steady_clock::now())
    close();
  else
    watch(earliest->until);
}

}  // namespace ticketd::cache
