// What every role says of its process, its build and its log, whatever it does: the process_* metrics under the names
// that Prometheus' own client libraries use, ticketd_build_info, and ticketd_log_lines_lost_total.
//
// Thread: any. What the kernel does not tell reads as 0; nothing here fails.
#pragma once

#include <string>

namespace ticketd::observability {

// The Prometheus text exposition format, version 0.0.4. Read from /proc at each call.
[[nodiscard]] std::string process_metrics_text();

}  // namespace ticketd::observability
