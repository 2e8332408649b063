// Buyers who buy and look on and on, through Nginx, while a test breaks something.
#pragma once

#include "support/sale.hpp"

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace ticketd::test {

class steady_load {
 public:
  // The sale is the load's until stop().
  steady_load(const laboratory& lab, sale& of, std::size_t buyers = 12);
  ~steady_load();
  steady_load(const steady_load&) = delete;
  steady_load& operator=(const steady_load&) = delete;

  // So many more answers, whatever they say, from now on. False if they do not come.
  [[nodiscard]] bool goes_on(std::size_t answers = 400) const;

  // Lets everybody finish, and notes in the sale what was accepted.
  void stop();

  // After stop(): what buyers were told.
  [[nodiscard]] const std::vector<answer>& purchases() const { return purchases_; }
  [[nodiscard]] const std::vector<answer>& reads() const { return reads_; }
  // What no buyer should ever see, a line each: no answer at all, or a status of 500 and above.
  [[nodiscard]] std::string errors() const;

 private:
  void run(const std::string& url, std::size_t buyers);
  awaitable<> buy_and_look(http::client& server);

  sale* sale_;
  std::vector<answer> purchases_;
  std::vector<answer> reads_;
  std::atomic<std::size_t> answered_ = 0;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace ticketd::test
