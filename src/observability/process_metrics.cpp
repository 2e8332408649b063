#include "ticketd/observability/process_metrics.hpp"

#include "ticketd/observability/build.hpp"
#include "ticketd/observability/log.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ticketd::observability {
namespace {

double seconds_of(clockid_t clock) noexcept {
  timespec at{};
  ::clock_gettime(clock, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

// proc(5): of /proc/self/stat the 22nd field, in ticks since the machine was booted. The second one, the program's name
// in brackets, may hold blanks.
double started_after_boot() {
  constexpr int fields_between = 19;
  std::ifstream file("/proc/self/stat");
  file.ignore(std::numeric_limits<std::streamsize>::max(), ')');
  std::string skipped;
  for (int i = 0; i < fields_between; ++i) file >> skipped;
  double ticks = 0;
  file >> ticks;
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Once: each time it would be another one by some milliseconds, and a process that starts anew is what it tells.
double start_time() {
  static const double at = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + started_after_boot();
  return at;
}

struct memory_bytes {
  double whole = 0;
  double resident = 0;
};

memory_bytes memory_in_use() {
  std::ifstream file("/proc/self/statm");
  memory_bytes pages;
  file >> pages.whole >> pages.resident;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return {pages.whole * page, pages.resident * page};
}

// Since Linux 6.2 the directory's size is their number. Before, they are counted, which with 10,000 buyers connected
// takes some milliseconds.
double open_descriptors() {
  const char* const directory = "/proc/self/fd";
  struct stat known{};
  if (::stat(directory, &known) == 0 && known.st_size > 0) return static_cast<double>(known.st_size);
  std::error_code failure;
  const auto listed = std::distance(std::filesystem::directory_iterator(directory, failure), {});
  return static_cast<double>(listed > 0 ? listed - 1 : 0);  // without the one that lists them
}

double most_descriptors() noexcept {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

prometheus::MetricFamily family(std::string_view name, std::string_view help, prometheus::MetricType type,
                                double value) {
  prometheus::ClientMetric sample;
  (type == prometheus::MetricType::Counter ? sample.counter.value : sample.gauge.value) = value;
  return {std::string(name), std::string(help), type, {sample}};
}

prometheus::MetricFamily build_family() {
  const build_description& build = this_build();
  auto info =
      family("ticketd_build_info", "Always 1; the labels say which build this is.", prometheus::MetricType::Gauge, 1);
  info.metric.front().label = {{"version", std::string(build.version)},
                               {"compiler", std::string(build.compiler)},
                               {"boost", std::string(build.boost)}};
  return info;
}

}  // namespace

std::string process_metrics_text() {
  using enum prometheus::MetricType;
  const auto [whole, resident] = memory_in_use();
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(
      text,
      {build_family(),
       family("ticketd_log_lines_lost_total",
              "Log lines that were not written: too many of a kind in a second, or nobody read them.", Counter,
              static_cast<double>(lost_log_lines())),
       family("process_cpu_seconds_total", "CPU time spent, in user and system mode.", Counter,
              seconds_of(CLOCK_PROCESS_CPUTIME_ID)),
       family("process_resident_memory_bytes", "Memory that is resident.", Gauge, resident),
       family("process_virtual_memory_bytes", "Address space in use.", Gauge, whole),
       family("process_open_fds", "Open file descriptors.", Gauge, open_descriptors()),
       family("process_max_fds", "File descriptors that may be open.", Gauge, most_descriptors()),
       family("process_start_time_seconds", "When the process started, in seconds since 1970.", Gauge, start_time())});
  return std::move(text).str();
}

}  // namespace ticketd::observability
