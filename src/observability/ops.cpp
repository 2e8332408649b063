#include "ticketd/observability/ops.hpp"

#include <boost/json/serialize.hpp>

namespace ticketd::observability {
namespace {

std::string_view status_text(bool is_draining, bool is_a_required_down, bool is_any_down) noexcept {
  if (is_draining) return "draining";
  if (is_a_required_down) return "unavailable";
  return is_any_down ? "degraded" : "ok";
}

}  // namespace

health_report report_readiness(const std::vector<dependency>& dependencies, bool is_draining) {
  health_report report;
  bool is_any_down = false;
  std::string lines;
  for (const dependency& each : dependencies) {
    const bool is_up = each.is_up();
    is_any_down |= !is_up;
    if (!is_up && each.is_required) report.missing += (report.missing.empty() ? "" : ", ") + each.name;
    lines += lines.empty() ? "\n    " : ",\n    ";
    lines += boost::json::serialize(boost::json::string_view(each.name));
    lines += is_up ? ": \"up\"" : ": \"down\"";
  }
  if (!lines.empty()) lines += "\n  ";

  const bool is_a_required_down = !report.missing.empty();
  report.is_healthy = !is_draining && !is_a_required_down;
  report.json = "{\n  \"status\": \"";
  report.json += status_text(is_draining, is_a_required_down, is_any_down);
  report.json += "\",\n  \"dependencies\": {" + lines + "}\n}\n";
  return report;
}

}  // namespace ticketd::observability
