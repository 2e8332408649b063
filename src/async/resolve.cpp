#include "ticketd/async/resolve.hpp"

#include "ticketd/text/parse_number.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace ticketd::async {
namespace {

using asio::ip::tcp;
using addresses = tcp::resolver::results_type;

// Asio's own resolver has one thread for all names, so a name server that hangs over one of them would hold up the
// others, and the end of the process, too. Here each look-up has a thread; whoever waits is woken by a descriptor that
// both keep, so neither needs the other to be there still.
class look_up {
 public:
  look_up() : done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (done_ == -1) throw std::system_error(errno, std::system_category(), "eventfd");
  }
  look_up(const look_up&) = delete;
  look_up& operator=(const look_up&) = delete;
  ~look_up() { ::close(done_); }

  // Readable when it is done.
  [[nodiscard]] int descriptor() const noexcept { return done_; }

  void set(result<addresses> found) {
    {
      const std::lock_guard lock(mutex_);
      found_ = std::move(found);
    }
    ::eventfd_write(done_, 1);
  }
  [[nodiscard]] result<addresses> get() {
    const std::lock_guard lock(mutex_);
    return found_;
  }

 private:
  int done_;
  std::mutex mutex_;
  result<addresses> found_ = error_code(asio::error::timed_out);  // until it is done
};

result<addresses> ask_the_system(const std::string& host, const std::string& port) {
  asio::io_context own;
  error_code failure;
  auto found = tcp::resolver(own).resolve(host, port, tcp::resolver::numeric_service, failure);
  if (!failure && found.empty()) failure = asio::error::host_not_found;
  if (failure) return failure;
  return found;
}

// A name server that hangs keeps a thread for as long as the system's resolver waits for it (seconds). More: more
// threads that wait for nothing; fewer: names that it would answer are refused while it hangs over others.
constexpr int look_ups_max = 32;
std::atomic<int> look_ups = 0;

// Null where too many are under way.
std::shared_ptr<look_up> begin_look_up(const std::string& host, const std::string& port) {
  if (look_ups.fetch_add(1) >= look_ups_max) {
    --look_ups;
    return nullptr;
  }
  auto begun = std::make_shared<look_up>();
  std::thread([begun, host, port] {
    auto found = ask_the_system(host, port);
    --look_ups;
    begun->set(std::move(found));
  }).detach();
  return begun;
}

void wait(const look_up& of, deadline until) {
  pollfd done{of.descriptor(), POLLIN, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const auto span = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    if (::poll(&done, 1, span) > 0 || left.count() <= 0) return;
  }
}

awaitable<> wait(const asio::any_io_executor& executor, std::shared_ptr<look_up> of, deadline until) {
  asio::posix::stream_descriptor done(executor, ::fcntl(of->descriptor(), F_DUPFD_CLOEXEC, 0));
  asio::steady_timer alarm(executor, until);
  auto either = asio::experimental::make_parallel_group(
      done.async_wait(asio::posix::stream_descriptor::wait_read, asio::deferred), alarm.async_wait(asio::deferred));
  co_await either.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
}

std::uint16_t number_of(const std::string& port) { return text::parse_number<std::uint16_t>(port).value_or(0); }

}  // namespace

result<addresses> resolve_blocking(const std::string& host, const std::string& port, deadline until) {
  if (std::chrono::steady_clock::now() >= until) return error_code(asio::error::timed_out);
  const auto asked = begin_look_up(host, port);
  if (!asked) return error_code(asio::error::host_not_found_try_again);
  wait(*asked, until);
  return asked->get();
}

awaitable<result<addresses>> resolve(const asio::any_io_executor& executor, std::string host, std::string port,
                                     deadline until) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return addresses::create(tcp::endpoint(address, number_of(port)), host, port);

  if (std::chrono::steady_clock::now() >= until) co_return error_code(asio::error::timed_out);
  const auto asked = begin_look_up(host, port);
  if (!asked) co_return error_code(asio::error::host_not_found_try_again);
  co_await wait(executor, asked, until);
  co_return asked->get();
}

}  // namespace ticketd::async
