#include "ticketd/observability/log.hpp"

#include "observability/log_limiter.hpp"
#include "observability/log_line.hpp"
#include "observability/log_writer.hpp"
#include "ticketd/observability/trace_context.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ticketd::observability {
namespace {

constexpr int nothing = static_cast<int>(log_level::error) + 1;
constexpr std::chrono::milliseconds flush_max{1000};

// Where lines go. Until start_logging() has been called they go nowhere, so unit tests are quiet.
struct output {
  std::atomic<int> least{nothing};
  std::string instance;
  std::unique_ptr<log_writer> writer;
  std::mutex mutex;
  log_limiter limiter;
  std::uint64_t untold = 0;  // lines that found no room, since the log last said so
  std::atomic<std::uint64_t> lost{0};
};

output& the_output() {
  static output one;
  return one;
}

bool is_written(log_level level) {
  return static_cast<int>(level) >= the_output().least.load(std::memory_order_acquire);
}

std::string make_line(log_level level, std::string_view event, std::span<const log_field> fields) {
  return format_log_line(std::chrono::system_clock::now(), level, the_output().instance, event, fields);
}

// What was lost is told before the first line that finds room again.
void hand_over(output& to, const std::string& line) {
  const std::lock_guard lock(to.mutex);
  if (to.untold > 0) {
    const log_field lines("lines", to.untold);
    if (to.writer->write(make_line(log_level::warning, "log.lost", {&lines, 1}))) to.untold = 0;
  }
  if (to.untold > 0 || !to.writer->write(line)) {
    ++to.untold;
    ++to.lost;
  }
}

// Whoever asked for level debug wants all of it.
std::optional<std::uint64_t> admit(output& to, log_level level, std::string_view event) {
  if (level == log_level::debug) return 0;
  const std::lock_guard lock(to.mutex);
  const auto left_out = to.limiter.admit(event, std::chrono::steady_clock::now());
  if (!left_out) ++to.lost;
  return left_out;
}

void write(log_level level, std::string_view event, std::span<const log_field> fields) {
  output& to = the_output();
  const auto left_out = admit(to, level, event);
  if (!left_out) return;
  if (*left_out == 0) {
    hand_over(to, make_line(level, event, fields));
  } else {
    std::vector<log_field> all(fields.begin(), fields.end());
    all.emplace_back("left_out", *left_out);
    hand_over(to, make_line(level, event, all));
  }
}

}  // namespace

void start_logging(log_level least, std::string instance) {
  output& to = the_output();
  to.instance = std::move(instance);
  to.writer = std::make_unique<log_writer>(STDOUT_FILENO);
  to.least.store(static_cast<int>(least), std::memory_order_release);
}

void flush_log() {
  if (const auto& writer = the_output().writer) writer->flush(flush_max);
}

std::uint64_t lost_log_lines() {
  const output& from = the_output();
  return from.lost + (from.writer ? from.writer->refused() : 0);
}

void log(log_level level, std::string_view event, std::initializer_list<log_field> fields) {
  if (is_written(level)) write(level, event, {fields.begin(), fields.size()});
}

void log_order(std::string_view event, std::string_view order_id, std::string_view traceparent,
               std::initializer_list<log_field> fields) {
  const auto trace = parse_traceparent(traceparent);
  const auto level = trace && trace->is_sampled ? log_level::info : log_level::debug;
  if (!is_written(level)) return;
  std::vector<log_field> all{{"order", order_id}};
  if (trace) all.emplace_back("trace_id", trace->trace_id);
  all.insert(all.end(), fields.begin(), fields.end());
  write(level, event, all);
}

}  // namespace ticketd::observability
