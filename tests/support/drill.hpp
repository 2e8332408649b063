// Breaks a part of the lab, looks, repairs it, and waits until it is back: by itself, or under load with buyers who may
// notice nothing.
#pragma once

#include "support/laboratory.hpp"
#include "support/sale.hpp"
#include "support/steady_load.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ticketd::test {

// A service that goes away and comes back.
struct fault {
  std::string service;
  std::string breaks_by;                    // stop, kill or pause, as the lab calls it
  std::function<void()> while_broken = {};  // what is to be tried and demanded until it is repaired
  std::function<bool()> is_back = {};       // waited for after the repair; the lab itself waits until it is ready
};

// Repairs by resume what was paused, by start what was stopped or killed. Fails the test where it is not back in time.
void break_and_repair(const laboratory& lab, const fault& fault);

// The same under steady load, one fault after the other, and sell_under_load's promises for all of it.
void break_under_load(const laboratory& lab, sale& concert, const std::vector<fault>& faults);

// Something else happens under steady load. From the first purchase to the last every one of them is accepted, every
// read is answered, no buyer is stuck, and in the end every accepted order has ended as it should. So many requests at
// the most may have found their connection closed, without an answer.
void sell_under_load(const laboratory& lab, sale& concert, const std::function<void(const steady_load&)>& meanwhile,
                     load_plan plan = {}, std::size_t unanswered_max = 0);

}  // namespace ticketd::test
