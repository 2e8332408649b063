// A value that one coroutine waits for and another piece of code delivers: the bridge from a callback, or a batch, to
// the buyer who waits in it.
//
// Thread: wait() and deliver() belong to the executor's thread. Delivered before it is awaited, the value is kept.
// The waiter always resumes through its executor, never inside deliver(). Shared by the two where either may be gone
// first.
#pragma once

#include "ticketd/async/awaitable.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace ticketd::async {

template <class T>
class one_shot {
 public:
  one_shot() = default;
  one_shot(const one_shot&) = delete;
  one_shot& operator=(const one_shot&) = delete;

  [[nodiscard]] bool has_been_delivered() const noexcept { return is_delivered_; }

  // The first delivery counts; a later one is ignored and answers false.
  bool deliver(T value) {
    if (is_delivered_) return false;
    is_delivered_ = true;
    if (waiter_)
      std::exchange(waiter_, nullptr)->resume(std::move(value));
    else
      value_ = std::move(value);
    return true;
  }

  // Once, by one waiter.
  [[nodiscard]] awaitable<T> wait() {
    if (value_) co_return std::move(*value_);
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
        [this](auto handler) { waiter_ = std::make_unique<suspended<decltype(handler)>>(std::move(handler)); },
        asio::use_awaitable);
  }

 private:
  struct waiter {
    virtual ~waiter() = default;
    virtual void resume(T value) = 0;
  };

  template <class Handler>
  struct suspended final : waiter {
    explicit suspended(Handler handler) : handler_(std::move(handler)) {}
    void resume(T value) override {
      auto executor = asio::get_associated_executor(handler_);
      asio::post(executor, [handler = std::move(handler_), value = std::move(value)]() mutable {
        std::move(handler)(std::move(value));
      });
    }
    Handler handler_;
  };

  std::unique_ptr<waiter> waiter_;
  std::optional<T> value_;
  bool is_delivered_ = false;
};

// What is delivered, or `otherwise` at the deadline; then a later delivery finds nobody, and does nothing.
template <class T>
[[nodiscard]] awaitable<T> wait_until(std::shared_ptr<one_shot<T>> answer, deadline until, T otherwise) {
  asio::steady_timer timeout(co_await asio::this_coro::executor, until);
  timeout.async_wait([answer, otherwise = std::move(otherwise)](const boost::system::error_code& error) mutable {
    if (!error) answer->deliver(std::move(otherwise));
  });
  co_return co_await answer->wait();
}

}  // namespace ticketd::async
