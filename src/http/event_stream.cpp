#include "ticketd/http/event_stream.hpp"

#include "ticketd/async/pause.hpp"
#include "ticketd/text/parse_number.hpp"

#include <utility>

namespace ticketd::http {

std::string event_text(std::string_view name, std::int64_t id, std::string_view data) {
  std::string text = "event: ";
  text.append(name).append("\nid: ").append(std::to_string(id)).append("\ndata: ").append(data).append("\n\n");
  return text;
}

std::optional<std::int64_t> last_event_id(const request& asked) {
  const auto value = asked["Last-Event-ID"];
  return text::parse_number<std::int64_t>({value.data(), value.size()});
}

awaitable<> event_streams::run() {
  for (;;) {
    co_await async::pause(executor_, settings_.turn);
    beat();
  }
}

// So many of the front as come to all of them within a heartbeat, to the back.
void event_streams::beat() {
  constexpr std::string_view comment = ":\n\n";
  const auto turns = static_cast<std::size_t>(settings_.heartbeat / settings_.turn);
  for (std::size_t left = (count_ + turns - 1) / turns; left > 0 && !open_.empty(); --left) {
    event_stream& next = open_.front();
    open_.splice(open_.end(), open_, open_.begin());
    next.writer_->write(comment);
  }
}

std::string event_streams::retry_text() {
  std::uniform_int_distribution<std::int64_t> spread(settings_.retry_least.count(), settings_.retry_most.count());
  return "retry: " + std::to_string(spread(random_)) + "\n\n";
}

void event_stream::say(std::string_view event) {
  if (writer_ != nullptr)
    writer_->write(event);
  else
    unsaid_ = event;
}

void event_stream::finish() {
  is_finished_ = true;
  if (writer_ != nullptr) writer_->end();
}

void event_stream::opened(stream_writer& to) {
  writer_ = &to;
  among_->open_.push_back(*this);
  ++among_->count_;
  to.write(among_->retry_text() + std::exchange(unsaid_, {}));
  if (is_finished_) to.end();
}

void event_stream::say_goodbye(stream_writer& to) { to.write(among_->retry_text()); }

void event_stream::closed(stream_end how) {
  writer_ = nullptr;
  event_stream_hook::unlink();
  --among_->count_;
  if (how == stream_end::not_read) among_->metrics_->watchers_dropped.Increment();
}

response make_event_stream(std::shared_ptr<event_stream> stream) {
  auto answer = make_stream(std::move(stream), "text/event-stream");
  answer.set("X-Accel-Buffering", "no");  // whatever Nginx is in front
  return answer;
}

}  // namespace ticketd::http
