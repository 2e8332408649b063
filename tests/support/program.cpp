#include "support/program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

namespace ticketd::test {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> own_environment_with(const environment& variables) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!variables.contains(std::string(text.substr(0, text.find('='))))) all.emplace_back(text);
  }
  for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> as_c_array(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string contents_of(std::FILE* file) {
  std::string text;
  std::rewind(file);
  char buffer[4096];
  while (const auto size = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, size);
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

}  // namespace

running_program::running_program(const std::vector<std::string>& command, const environment& variables)
    : output_(std::tmpfile(), &std::fclose), errors_(std::tmpfile(), &std::fclose) {
  auto arguments = command;
  auto variables_of_it = own_environment_with(variables);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, fileno(output_.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors_.get()), STDERR_FILENO);
  const int failure = posix_spawnp(&id_, command.front().c_str(), &actions, nullptr, as_c_array(arguments).data(),
                                   as_c_array(variables_of_it).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::system_error(failure, std::generic_category(), "cannot run " + command.front());
}

running_program::~running_program() {
  if (id_ == 0) return;
  send_signal(SIGKILL);
  waitpid(id_, nullptr, 0);
}

void running_program::send_signal(int number) const { kill(id_, number); }

std::optional<program_result> running_program::ends_within(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  int status = 0;
  while (waitpid(id_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) return std::nullopt;
    std::this_thread::sleep_for(5ms);
  }
  id_ = 0;
  return program_result{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents_of(output_.get()),
                        contents_of(errors_.get())};
}

program_result run_program(const std::vector<std::string>& command, const environment& variables,
                           std::chrono::seconds limit) {
  running_program program(command, variables);
  auto result = program.ends_within(limit);
  if (!result) throw std::runtime_error("does not end: " + joined(command));
  return std::move(*result);
}

}  // namespace ticketd::test
