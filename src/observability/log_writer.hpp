// Writes lines to a descriptor from a thread of its own: a reader that has stopped, a full disk or a slow terminal
// makes the log late, or loses lines of it, and keeps nobody waiting who has something to say.
//
// Whoever made it owns it. Thread: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>

namespace ticketd::observability {

struct log_writer_settings {
  // That wait to be written, and as many that are just being written. More: memory, and an older log where it is slow.
  std::size_t bytes_max = std::size_t{1} << 20;
  // What the end of the process waits for a reader that has stopped. Longer: it ends later; shorter: it may lose the
  // end.
  std::chrono::milliseconds close{1000};
};

class log_writer {
 public:
  explicit log_writer(int descriptor, log_writer_settings settings = {});
  // Writes what waits, if that is quickly done; what is stuck in a write by then is left to itself.
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  // Never waits for the descriptor. False where there is no room: the line is lost.
  [[nodiscard]] bool write(std::string_view line);

  // Whether everything has been written by then.
  bool flush(std::chrono::milliseconds within);

  // Lines that the descriptor would not take: its reader is gone, its disk is full.
  [[nodiscard]] std::uint64_t refused() const;

 private:
  struct state;
  static void run(const std::shared_ptr<state>& of);

  log_writer_settings settings_;
  std::shared_ptr<state> state_;  // the thread's too, which may outlive this
  std::thread thread_;
};

}  // namespace ticketd::observability
