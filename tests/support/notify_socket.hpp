// systemd's end of sd_notify(3): a socket that a test reads what a role tells its service manager from.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

namespace ticketd::test {

class notify_socket {
 public:
  // Of an abstract name, so that no file is left behind; `name` is told apart by the process.
  explicit notify_socket(const std::string& name)
      : address_("@ticketd-test-" + name + "-" + std::to_string(::getpid())) {
    sockaddr_un here{};
    here.sun_family = AF_UNIX;
    address_.copy(here.sun_path, sizeof here.sun_path);
    here.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&here), length) != 0)
      throw std::runtime_error("the socket " + address_ + " cannot be bound");
  }
  ~notify_socket() { ::close(socket_); }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;

  [[nodiscard]] const std::string& address() const noexcept { return address_; }  // as NOTIFY_SOCKET has it

  // The next message, or nothing if none comes in time.
  [[nodiscard]] std::optional<std::string> next(std::chrono::milliseconds limit = std::chrono::seconds(10)) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
    const std::chrono::microseconds rest = limit - seconds;
    const timeval wait{seconds.count(), static_cast<suseconds_t>(rest.count())};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    std::string message(4096, '\0');
    const auto size = ::recv(socket_, message.data(), message.size(), 0);
    if (size < 0) return std::nullopt;
    message.resize(static_cast<std::size_t>(size));
    return message;
  }

 private:
  std::string address_;
  int socket_ = -1;
};

}  // namespace ticketd::test
