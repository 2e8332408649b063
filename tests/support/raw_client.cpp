#include "support/raw_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace ticketd::test {
namespace {

constexpr int time_limit_ms = 10'000;

void wait_for(int socket, short what) {
  pollfd ready{socket, what, 0};
  if (::poll(&ready, 1, time_limit_ms) != 1) throw std::runtime_error("the server keeps its client waiting");
}

}  // namespace

raw_client::raw_client(std::uint16_t port, const std::string& address) {
  const asio::ip::tcp::endpoint server(asio::ip::make_address(address), port);
  socket_ = ::socket(server.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ >= 0 && ::connect(socket_, server.data(), static_cast<socklen_t>(server.size())) == 0) return;
  const int failure = errno;
  close();
  throw std::system_error(failure, std::generic_category(), "connect");
}

raw_client::~raw_client() { close(); }

void raw_client::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void raw_client::shut_down_sending() { ::shutdown(socket_, SHUT_WR); }

void raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait_for(socket_, POLLOUT);
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool raw_client::read_more() {
  wait_for(socket_, POLLIN);
  char bytes[4096];
  const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
  if (count < 0) throw std::system_error(errno, std::generic_category(), "recv");
  unread_.append(bytes, static_cast<std::size_t>(count));
  return count > 0;
}

http::response raw_client::read_response(bool is_to_head) {
  beast::http::response_parser<beast::http::string_body> parser;
  parser.skip(is_to_head);
  while (!parser.is_done()) {
    if (unread_.empty() && !read_more()) throw std::runtime_error("the server closed instead of answering");
    boost::system::error_code failure;
    unread_.erase(0, parser.put(asio::buffer(unread_), failure));
    if (failure == beast::http::error::need_more) {
      if (!read_more()) throw std::runtime_error("the server closed within its answer");
    } else if (failure) {
      throw std::runtime_error("not an answer: " + failure.message());
    }
  }
  return parser.release();
}

std::string raw_client::read_to_end() {
  while (read_more()) {
  }
  return std::move(unread_);
}

}  // namespace ticketd::test
