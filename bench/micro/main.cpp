// The steps of an order's path, one by one.
//
//   micro [--benchmark_filter=...]   their time, by Google Benchmark
//   micro --list                     what there is, as JSON, for bench/guard
//   micro --count SUBJECT CALLS      makes so many calls in counted_calls(), which bench/guard has counted by callgrind
#include "subject.hpp"

#include <benchmark/benchmark.h>
#include <boost/json.hpp>

#include <exception>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::bench {

// Nothing else is counted, so it must be there by its name.
[[gnu::noinline]] void counted_calls(const std::function<void()>& call, int calls) {
  for (int i = 0; i < calls; ++i) call();
}

namespace {

namespace json = boost::json;

std::vector<subject> all_subjects() {
  std::vector<subject> all;
  for (const auto& some : {edge_subjects(), order_id_subjects(), message_subjects(), settlement_subjects()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

void list() {
  json::object steps;
  for (const auto& each : all_subjects()) steps[each.name] = each.steps;
  std::cout << json::serialize(json::object{{"compiler", compiler()}, {"steps", std::move(steps)}}) << '\n';
}

void count(std::string_view name, int calls) {
  for (const auto& each : all_subjects()) {
    if (each.name != name) continue;
    const auto call = each.prepare();
    call();  // what is made only once: symbols are bound, tables are filled, the heap has grown
    counted_calls(call, calls);
    return;
  }
  throw std::invalid_argument("no such subject: " + std::string(name));
}

void measure(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) throw std::invalid_argument("see --help");
#ifndef __clang_analyzer__  // which takes what the library keeps for a leak
  for (const auto& each : all_subjects())
    benchmark::RegisterBenchmark(each.name.c_str(), [each](benchmark::State& state) {
      const auto call = each.prepare();
      for (auto _ : state) call();
      state.SetItemsProcessed(state.iterations() * each.steps);
    });
#endif
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}

}  // namespace

}  // namespace ticketd::bench

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments == std::vector<std::string>{"--list"})
      ticketd::bench::list();
    else if (arguments.size() == 3 && arguments[0] == "--count")
      ticketd::bench::count(arguments[1], std::stoi(arguments[2]));
    else
      ticketd::bench::measure(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "micro: " << failure.what() << '\n';
    return 1;
  }
  return 0;
}
