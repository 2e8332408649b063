#include "http/stream_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <utility>

namespace ticketd::http {

stream_connection::stream_connection(client_socket socket, std::shared_ptr<session_host> host,
                                     std::shared_ptr<stream_source> source)
    : socket_(std::move(socket)), host_(std::move(host)), source_(std::move(source)) {
  host_->streams.push_back(*this);
}

stream_connection::~stream_connection() {
  if (host_->is_draining) host_->session_ended.set();
}

void stream_connection::begin() {
  wait_for_client();
  source_->opened(*this);
  if (host_->is_draining) say_goodbye();
}

void stream_connection::say_goodbye() {
  if (phase_ != phase::open) return;
  source_->say_goodbye(*this);
  end();
}

// For its end: it has nothing more to say. Waiting without a buffer, as there are thousands who never say a thing.
void stream_connection::wait_for_client() {
  socket_.async_wait(client_socket::wait_read, [self = shared_from_this()](const error_code& failure) {
    if (failure) return self->close(stream_end::by_client);
    self->read_of_client();
  });
}

void stream_connection::read_of_client() {
  std::array<char, 64> ignored{};
  error_code failure;
  if (phase_ == phase::closed) return;
  socket_.read_some(asio::buffer(ignored), failure);
  if (failure == asio::error::would_block) return wait_for_client();
  close(phase_ == phase::ending ? stream_end::by_us : stream_end::by_client);
}

void stream_connection::write(std::string_view text) {
  if (phase_ != phase::open) return;
  if (unsent_.empty()) text.remove_prefix(write_some(text));
  if (text.empty() || phase_ == phase::closed) return;
  if (unsent_.size() + text.size() > host_->settings.stream_unread_max) return close(stream_end::not_read);
  const bool is_first = unsent_.empty();
  unsent_ += text;
  if (!is_first) return;
  limit_ = std::chrono::steady_clock::now() + host_->settings.write;
  wait_for_room();
}

void stream_connection::end() {
  if (phase_ != phase::open) return;
  phase_ = phase::ending;
  finish_if_taken();
}

void stream_connection::wait_for_room() {
  socket_.async_wait(client_socket::wait_write, [self = shared_from_this()](const error_code& failure) {
    if (failure) return self->close(stream_end::by_client);
    self->write_unsent();
  });
}

void stream_connection::write_unsent() {
  if (phase_ == phase::closed) return;
  unsent_.erase(0, write_some(unsent_));
  if (phase_ == phase::closed) return;
  if (!unsent_.empty()) return wait_for_room();
  std::string().swap(unsent_);  // its memory, too: there may be thousands
  limit_ = time_point::max();
  finish_if_taken();
}

std::size_t stream_connection::write_some(std::string_view text) {
  error_code failure;
  const std::size_t count = socket_.write_some(asio::buffer(text), failure);
  if (failure && failure != asio::error::would_block) close(stream_end::by_client);
  return count;
}

// The client closes first, so that nothing of its own that is unread here resets what it has not read yet.
void stream_connection::finish_if_taken() {
  if (phase_ != phase::ending || !unsent_.empty()) return;
  error_code ignored;  // a client that has gone already
  socket_.shutdown(client_socket::shutdown_send, ignored);
  limit_ = std::chrono::steady_clock::now() + host_->settings.linger;
}

void stream_connection::enforce_limits(time_point now) {
  if (now < limit_) return;
  close(unsent_.empty() ? stream_end::by_us : stream_end::not_read);
}

// The source hears of it later: it may be the one who is writing.
void stream_connection::close(stream_end how) {
  if (std::exchange(phase_, phase::closed) == phase::closed) return;
  error_code ignored;
  socket_.close(ignored);
  limit_ = time_point::max();
  asio::post(socket_.get_executor(),
             [self = shared_from_this(), how] { std::exchange(self->source_, nullptr)->closed(how); });
}

}  // namespace ticketd::http
