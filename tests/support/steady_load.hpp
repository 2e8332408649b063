// Buyers who buy and look on and on, through Nginx, while a test breaks something.
#pragma once

#include "support/sale.hpp"

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace ticketd::test {

struct load_plan {
  std::size_t buyers = 12;
  bool asks_for_orders = false;  // each what has become of his: needs the database
};

class steady_load {
 public:
  // The sale is the load's until stop().
  steady_load(const laboratory& lab, sale& of, load_plan plan = {});
  ~steady_load();
  steady_load(const steady_load&) = delete;
  steady_load& operator=(const steady_load&) = delete;

  // Waits until everybody, without exception, has bought and looked so many more times, whatever the answers said.
  // False if somebody is stuck.
  [[nodiscard]] bool goes_on(std::size_t rounds = 20) const;

  // Lets everybody finish, and notes in the sale what was accepted.
  void stop();

  // After stop(): answers that no buyer should ever see, a line each: anything but `202` to a purchase (`201` where it
  // is synchronous) and `200` to a read.
  [[nodiscard]] std::string errors() const;
  // After stop(): how many requests have had no answer at all.
  [[nodiscard]] std::size_t unanswered() const;

 private:
  void run(const std::string& url);
  awaitable<> buy_and_look(http::client& server, std::atomic<std::size_t>& rounds);
  awaitable<> look(http::client& server, std::string target);

  sale* sale_;
  load_plan plan_;
  std::vector<answer> purchases_;
  std::vector<answer> reads_;
  std::vector<std::atomic<std::size_t>> rounds_;  // of each buyer
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace ticketd::test
