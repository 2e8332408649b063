#include "messaging/connection_thread.hpp"

#include "messaging/topology.hpp"
#include "ticketd/observability/log.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ticketd::messaging {

namespace {

using clock = std::chrono::steady_clock;

constexpr amqp_channel_t topology_channel = channels_max;  // out of the way of the users' own
// A pace: rabbitmq-c sends and judges heartbeats only while it is being read, and is to be as often as it counts, in
// seconds. What waits here has bounds of its own (connection_limits), and wake() ends it.
constexpr auto heartbeat_check = std::chrono::seconds(1);

timespec until(clock::time_point when) {
  const auto left = std::max(when - clock::now(), clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()), static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
}

}  // namespace

wakeup::wakeup() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ == -1) throw std::system_error(errno, std::generic_category(), "eventfd");
}

wakeup::~wakeup() { ::close(descriptor_); }

void wakeup::signal() {
  constexpr std::uint64_t one = 1;
  // Cannot fail but for a full counter, which wakes just as well.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

void wakeup::clear() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = ::read(descriptor_, &count, sizeof count);
}

connection_thread::connection_thread(connection_settings settings, queue_settings queue, connection_user& user)
    : settings_(std::move(settings)), queue_(std::move(queue)), user_(user) {}

void connection_thread::start() {
  thread_ = std::thread([this] {
    run();
    ended_.set_value();
  });
}

void connection_thread::stop() {
  if (!thread_.joinable()) return;
  is_stopping_ = true;
  wake();
  // It may be held in a send by a peer that does not read.
  if (ended_.get_future().wait_for(settings_.limits.stop) != std::future_status::ready) interrupter_.interrupt();
  thread_.join();
}

void connection_thread::run() {
  async::backoff pauses(settings_.limits.reconnect);
  while (!is_stopping_) {
    if (user_.wants_connection())
      keep_one_connection(pauses);
    else
      wait_until_wanted();
  }
}

// Still answers who waits for a connection.
void connection_thread::wait_until_wanted() {
  sleep_until(clock::now() + heartbeat_check);
  user_.on_down();
}

void connection_thread::keep_one_connection(async::backoff& pauses) {
  const auto began = clock::now();
  {
    amqp_connection connection(interrupter_, settings_.limits);
    if (open(connection)) {
      observability::log_info("broker.connected", {{"connection", settings_.name}, {"host", settings_.address.host}});
      serve(connection);
    } else {
      ++failed_attempts_;
    }
    if (!is_wanted())
      connection.close();
    else
      observability::log_warning("broker.lost", {{"connection", settings_.name}, {"error", connection.failure()}});
  }
  user_.on_down();
  if (clock::now() - began >= settings_.limits.good_after) pauses.reset();
  pause(pauses.next());
}

bool connection_thread::open(amqp_connection& connection) {
  return connection.open(settings_, failed_attempts_) && connection.open_channel(topology_channel) &&
         declare_topology(connection, topology_channel, queue_) && user_.on_open(connection);
}

void connection_thread::serve(amqp_connection& connection) {
  while (is_wanted() && take_turn(connection)) {
  }
}

bool connection_thread::take_turn(amqp_connection& connection) {
  wait_for_something(connection);
  return read_frames(connection) && user_.on_turn(connection, clock::now());
}

void connection_thread::wait_for_something(amqp_connection& connection) {
  // Input may be in memory already, and the socket empty.
  const auto wake_at = connection.has_input_in_memory() ? clock::time_point{}
                                                        : std::min(user_.next_turn(), clock::now() + heartbeat_check);
  const short events = user_.wants_to_write() ? POLLIN | POLLOUT : POLLIN;
  std::array<pollfd, 2> sources{{{connection.socket(), events, 0}, {wakeup_.descriptor(), POLLIN, 0}}};
  const auto timeout = until(wake_at);
  if (::ppoll(sources.data(), sources.size(), &timeout, nullptr) > 0 && (sources[1].revents & POLLIN) != 0)
    wakeup_.clear();
}

bool connection_thread::read_frames(amqp_connection& connection) {
  for (int count = 0; count < settings_.limits.frames_of_a_turn; ++count) {
    amqp_frame_t frame{};
    switch (connection.read(frame)) {
      case amqp_connection::read_result::nothing:
        return true;
      case amqp_connection::read_result::failed:
        return false;
      case amqp_connection::read_result::frame:
        break;
    }
    if (!user_.on_frame(connection, frame)) return false;
    connection.release(frame);
  }
  return true;
}

void connection_thread::pause(std::chrono::milliseconds span) {
  const auto end = clock::now() + span;
  while (is_wanted() && clock::now() < end) {
    sleep_until(end);
    user_.on_down();
  }
}

void connection_thread::sleep_until(clock::time_point when) {
  pollfd source{wakeup_.descriptor(), POLLIN, 0};
  const auto timeout = until(when);
  if (::ppoll(&source, 1, &timeout, nullptr) > 0) wakeup_.clear();
}

}  // namespace ticketd::messaging
