// The answers of a role's own ops port: GET /livez, /readyz and /metrics. Never reachable through Nginx.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::observability {

struct dependency {
  std::string name;  // "database", "redis", "broker", "payments"
  std::function<bool()> is_up;
  bool is_required = true;  // whether the role is not ready without it
};

struct health_report {
  bool is_healthy = true;
  // {"status": "ok", "dependencies": {"database": "up", ...}}, a line for each dependency. The status is "degraded"
  // where a dependency that is not required is down, "unavailable" where a required one is, or "draining".
  std::string json;
};

[[nodiscard]] health_report report_readiness(const std::vector<dependency>& dependencies, bool is_draining);

}  // namespace ticketd::observability
