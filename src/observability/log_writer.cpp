#include "observability/log_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>

namespace ticketd::observability {
namespace {

// What could not be written of it. The descriptor may be somebody else's too, and set not to block.
std::string_view write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd room{descriptor, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return text;
}

}  // namespace

struct log_writer::state {
  int descriptor = -1;
  std::mutex mutex;
  std::condition_variable has_work;
  std::condition_variable is_done;
  std::string waiting;
  bool is_writing = false;
  bool is_closing = false;
  std::atomic<std::uint64_t> refused{0};
};

log_writer::log_writer(int descriptor, log_writer_settings settings)
    : settings_(settings), state_(std::make_shared<state>()) {
  state_->descriptor = descriptor;
  thread_ = std::thread([shared = state_] { run(shared); });
}

log_writer::~log_writer() {
  const bool is_written = flush(settings_.close);
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_closing = true;
    if (!is_written) state_->waiting.clear();  // the descriptor may be another's by then
  }
  state_->has_work.notify_one();
  if (is_written)
    thread_.join();
  else
    thread_.detach();
}

bool log_writer::write(std::string_view line) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() + line.size() + 1 > settings_.bytes_max) return false;
    state_->waiting += line;
    state_->waiting += '\n';
  }
  state_->has_work.notify_one();
  return true;
}

bool log_writer::flush(std::chrono::milliseconds within) {
  std::unique_lock lock(state_->mutex);
  return state_->is_done.wait_for(lock, within, [this] { return state_->waiting.empty() && !state_->is_writing; });
}

std::uint64_t log_writer::refused() const { return state_->refused; }

void log_writer::run(const std::shared_ptr<state>& of) {
  std::string batch;
  std::unique_lock lock(of->mutex);
  for (;;) {
    of->has_work.wait(lock, [&of] { return !of->waiting.empty() || of->is_closing; });
    if (of->waiting.empty()) return;
    batch.clear();
    batch.swap(of->waiting);
    of->is_writing = true;
    lock.unlock();
    const auto rest = write_all(of->descriptor, batch);
    of->refused += static_cast<std::uint64_t>(std::ranges::count(rest, '\n'));
    lock.lock();
    of->is_writing = false;
    of->is_done.notify_all();
  }
}

}  // namespace ticketd::observability
