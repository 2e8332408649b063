// What is told to systemd, or to whoever else speaks its protocol (sd_notify(3)): ready, alive, stopping. It restarts
// what does not say any more that it is alive.
//
// Thread: the executor's, and that it runs is what "alive" means. Owned by main, and outlives its coroutine. Nothing
// here fails: what cannot be told is lost, and told again with the next beat.
#pragma once

#include "ticketd/async/awaitable.hpp"
#include "ticketd/config/settings.hpp"
#include "ticketd/observability/ops.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace ticketd::roles {

class service_manager {
 public:
  explicit service_manager(const config::service_manager_settings& settings);
  ~service_manager();
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;

  // For ever, where there is somebody to tell; else it returns at once. Until the role is ready for the first time,
  // each beat asks for more time: it waits for its servers, however long that takes.
  [[nodiscard]] awaitable<> keep_informed(asio::any_io_executor executor,
                                          std::function<observability::health_report()> readiness);

  // Also that it may take as long.
  void tell_stopping(std::chrono::milliseconds longest);

 private:
  [[nodiscard]] std::chrono::microseconds interval() const noexcept;
  void tell_once_ready(const observability::health_report& report);
  void tell(std::string_view state) const noexcept;

  std::string address_;  // as sun_path has it
  std::chrono::microseconds watchdog_;
  int socket_ = -1;  // none: nobody is to be told
  bool is_ready_told_ = false;
  bool is_stopping_ = false;
};

}  // namespace ticketd::roles
