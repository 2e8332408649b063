// Programs that a test runs, to their end or in the background.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ticketd::test {

struct program_result {
  int status = -1;  // the exit status; 128 + n after signal n
  std::string output;
  std::string errors;
};

using environment = std::map<std::string, std::string>;

// A program in the background. Its output goes to files, not pipes: a daemon that it leaves behind would hold a pipe
// open for ever. Killed if it still runs when the object goes.
class running_program {
 public:
  // `variables` are added to the test's own environment.
  explicit running_program(const std::vector<std::string>& command, const environment& variables = {});
  ~running_program();
  running_program(const running_program&) = delete;
  running_program& operator=(const running_program&) = delete;

  void send_signal(int number) const;
  // The result, or nullopt if it still runs after that long.
  [[nodiscard]] std::optional<program_result> ends_within(std::chrono::milliseconds limit);

 private:
  using file = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

  file output_;
  file errors_;
  pid_t id_ = 0;  // 0 once it has ended
};

// Runs to the end; what does not end within the limit is killed, and throws.
[[nodiscard]] program_result run_program(const std::vector<std::string>& command, const environment& variables = {},
                                         std::chrono::seconds limit = std::chrono::minutes(5));

}  // namespace ticketd::test
