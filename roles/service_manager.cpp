#include "service_manager.hpp"

#include "ticketd/async/pause.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace ticketd::roles {
namespace {

using std::chrono::microseconds;

constexpr microseconds interval_max = std::chrono::seconds(1);
// What a beat asks for. A thread that hangs while it starts is given up after this.
constexpr microseconds more_time = std::chrono::seconds(30);
// Beyond a role's own longest drain: it exits by itself, and is not killed on the way.
constexpr microseconds drain_margin = std::chrono::seconds(5);

std::string ask_for(microseconds span) { return "EXTEND_TIMEOUT_USEC=" + std::to_string(span.count()) + "\n"; }

// What `systemctl status` shows.
std::string status_text(const observability::health_report& report) {
  if (report.is_healthy) return "ready";
  return report.missing.empty() ? "draining" : "not ready, for want of " + report.missing;
}

}  // namespace

service_manager::service_manager(const config::service_manager_settings& settings)
    : address_(settings.socket), watchdog_(settings.watchdog) {
  if (address_.empty() || address_.size() > sizeof(sockaddr_un::sun_path)) return;
  if (address_.front() == '@') address_.front() = '\0';  // a name that is no file's (unix(7), "abstract")
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

service_manager::~service_manager() {
  if (socket_ >= 0) ::close(socket_);
}

// Twice as often as asked for, as sd_watchdog_enabled(3) advises: one beat may come late.
microseconds service_manager::interval() const noexcept {
  return watchdog_ > microseconds::zero() ? std::min(watchdog_ / 2, interval_max) : interval_max;
}

awaitable<> service_manager::keep_informed(asio::any_io_executor executor,
                                           std::function<observability::health_report()> readiness) {
  while (socket_ >= 0) {
    const auto report = readiness();
    if (!is_ready_told_ && !is_stopping_) tell_once_ready(report);
    tell("WATCHDOG=1\nSTATUS=" + status_text(report) + "\n");
    co_await async::pause(executor, interval());
  }
}

void service_manager::tell_once_ready(const observability::health_report& report) {
  is_ready_told_ = report.is_healthy;
  tell(is_ready_told_ ? "READY=1\n" : ask_for(more_time));
}

void service_manager::tell_stopping(std::chrono::milliseconds longest) {
  is_stopping_ = true;
  tell("STOPPING=1\n" + ask_for(longest + drain_margin));
}

void service_manager::tell(std::string_view state) const noexcept {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::ranges::copy(address_, to.sun_path);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ::sendto(socket_, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), length);
}

}  // namespace ticketd::roles
