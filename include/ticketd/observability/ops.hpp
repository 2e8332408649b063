// The answers of a role's own ops port: GET /livez, /readyz and /metrics. Never reachable through Nginx.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::observability {

struct dependency {
  std::string name;                 // "database", "redis", "broker", "payments"
  std::function<bool()> is_up;
  bool is_required = true;          // whether the role is not ready without it
};

struct health_report {
  bool is_healthy = true;
  std::string json;  // {"status": "ok", "dependencies": {"database": "up", ...}}
};

[[nodiscard]] health_report report_readiness(const std::vector<dependency>& dependencies, bool is_draining);

}  // namespace ticketd::observability
