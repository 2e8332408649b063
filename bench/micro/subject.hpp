// What is measured: one step of an order's path, over inputs as a sale brings them.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

namespace ticketd::bench {

struct subject {
  std::string name;
  int steps = 0;                                   // such steps that one call takes
  std::function<std::function<void()>()> prepare;  // makes the inputs, and answers the call
};

[[nodiscard]] std::vector<subject> edge_subjects();
[[nodiscard]] std::vector<subject> order_id_subjects();
[[nodiscard]] std::vector<subject> message_subjects();
[[nodiscard]] std::vector<subject> settlement_subjects();

// Nobody reads the results. So that the compiler can't know.
template <class Result>
void keep(Result result) {
  benchmark::DoNotOptimize(result);
}

}  // namespace ticketd::bench
