#include "cache/redis_connection.hpp"

#include "ticketd/async/spawn.hpp"

#include <boost/asio/post.hpp>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <utility>
#include <vector>

namespace ticketd::cache {
namespace {

constexpr std::size_t read_bytes_max = 16 * 1024;

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

// As the protocol writes it: arrays of strings, each with its length.
void append_command(std::string& to, redis_connection::arguments command) {
  const auto append_length = [&to](char kind, std::size_t length) {
    to += kind;
    to += std::to_string(length);
    to += "\r\n";
  };
  append_length('*', command.size());
  for (const std::string_view word : command) {
    append_length('$', word.size());
    to += word;
    to += "\r\n";
  }
}

}  // namespace

void redis_connection::reader_deleter::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

std::shared_ptr<redis_connection> redis_connection::open(const asio::any_io_executor& executor, redis_server server,
                                                         std::function<void()> on_closed) {
  std::shared_ptr<redis_connection> connection(new redis_connection(executor, std::move(server), std::move(on_closed)));
  async::spawn(executor, "cache.read", read_replies(connection->stream_, connection));
  return connection;
}

redis_connection::redis_connection(const asio::any_io_executor& executor, redis_server server,
                                   std::function<void()> on_closed)
    : executor_(executor),
      stream_(std::make_shared<redis_stream>(executor, std::move(server))),
      reader_(redisReaderCreate()),
      on_closed_(std::move(on_closed)),
      watchdog_(executor) {
  if (!reader_) throw std::bad_alloc();
}

redis_connection::~redis_connection() { close(); }

void redis_connection::close() {
  if (!stream_) return;
  std::exchange(stream_, nullptr)->close();
  watchdog_.cancel();
  for (const pending& each : std::exchange(in_flight_, {}))
    if (each.to) each.to->deliver(reply{});
  std::exchange(on_closed_, nullptr)();
}

awaitable<reply> redis_connection::call(arguments command, deadline until) {
  const auto to = std::make_shared<answer>();
  if (!send(command, {until, to})) co_return reply{};
  co_return co_await to->wait();
}

void redis_connection::post(arguments command, deadline until) { send(command, {until, nullptr}); }

bool redis_connection::send(arguments command, pending entry) {
  if (!stream_) return false;
  append_command(unsent_, command);
  const deadline until = entry.until;
  in_flight_.push_back(std::move(entry));
  watch(until);
  begin_to_write();
  return true;
}

void redis_connection::begin_to_write() {
  if (!is_connected_ || is_writing_ || unsent_.empty()) return;
  is_writing_ = true;
  async::spawn(executor_, "cache.write", write_commands(stream_, weak_from_this()));
}

// What is sent while a write is under way goes with the next.
awaitable<> redis_connection::write_commands(std::shared_ptr<redis_stream> stream,
                                             std::weak_ptr<redis_connection> from) {
  std::string batch;
  for (;;) {
    batch.clear();
    if (const auto self = from.lock()) {
      batch.swap(self->unsent_);
      self->is_writing_ = !batch.empty();
    }
    if (batch.empty()) co_return;
    const error_code failure = co_await stream->write(batch);
    if (!failure) continue;
    if (const auto self = from.lock()) self->close();
    co_return;
  }
}

awaitable<> redis_connection::read_replies(std::shared_ptr<redis_stream> stream, std::weak_ptr<redis_connection> to) {
  const error_code failure = co_await stream->open();
  if (const auto self = to.lock()) {
    if (failure) {
      self->close();
      co_return;
    }
    self->is_connected_ = true;
    self->begin_to_write();
  }
  std::array<char, read_bytes_max> buffer;
  for (;;) {
    const auto size = co_await stream->read(asio::buffer(buffer));
    const auto self = to.lock();
    if (!self) co_return;
    if (!size || !self->take({buffer.data(), *size})) {
      self->close();
      co_return;
    }
  }
}

bool redis_connection::take(std::string_view received) {
  if (redisReaderFeed(reader_.get(), received.data(), received.size()) != REDIS_OK) return false;
  for (;;) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) return false;
    if (!raw) return true;  // the rest is still to come
    const std::unique_ptr<void, decltype(&freeReplyObject)> owner(raw, &freeReplyObject);
    if (in_flight_.empty()) return false;
    const pending first = std::move(in_flight_.front());
    in_flight_.pop_front();
    ++answered_;
    if (first.to) first.to->deliver(to_reply(*static_cast<const redisReply*>(raw)));
  }
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

// This thread may have been busy while replies came in, and the server is not to blame. What has been taken from the
// socket by now is in Asio's queue before what is posted here; so where nothing was left there, and nothing is answered
// until this comes up, no reply is on its way.
void redis_connection::look_for_overdue() {
  is_watching_ = false;
  asio::post(executor_, [weak = weak_from_this(), has_more = stream_->has_unread(), before = answered_] {
    if (const auto self = weak.lock()) self->judge_overdue(has_more || self->answered_ != before);
  });
}

void redis_connection::judge_overdue(bool are_replies_coming) {
  if (in_flight_.empty()) return;
  const auto earliest = std::min_element(in_flight_.begin(), in_flight_.end(),
                                         [](const pending& a, const pending& b) { return a.until < b.until; });
  if (earliest->until > std::chrono::steady_clock::now())
    watch(earliest->until);
  else if (are_replies_coming)
    look_for_overdue();
  else
    close();
}

}  // namespace ticketd::cache
