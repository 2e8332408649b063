#include "ticketd/observability/log.hpp"

#include "observability/log_line.hpp"
#include "ticketd/observability/trace_context.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ticketd::observability {
namespace {

constexpr int nothing = static_cast<int>(log_level::error) + 1;

// Where lines go. Until start_logging() has been called they go nowhere, so unit tests are quiet.
struct output {
  std::atomic<int> least{nothing};
  std::string instance;
  std::shared_ptr<spdlog::logger> logger;
};

output& the_output() {
  static output one;
  return one;
}

bool is_written(log_level level) {
  return static_cast<int>(level) >= the_output().least.load(std::memory_order_acquire);
}

void write(log_level level, std::string_view event, std::span<const log_field> fields) {
  const output& to = the_output();
  const auto line = format_log_line(std::chrono::system_clock::now(), level, to.instance, event, fields);
  to.logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void start_logging(log_level least, std::string instance) {
  output& to = the_output();
  to.instance = std::move(instance);
  to.logger = std::make_shared<spdlog::logger>("ticketd", std::make_shared<spdlog::sinks::stdout_sink_mt>());
  to.logger->set_pattern("%v");
  to.logger->set_level(spdlog::level::trace);  // is_written() decides
  to.logger->flush_on(spdlog::level::trace);   // a line before a crash is the one that matters
  to.least.store(static_cast<int>(least), std::memory_order_release);
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
