// A replica's own copies of events, those of ids that nobody gave out included. Bounded: anybody can ask for any id.
// Where there is no more room the one that was longest not asked for goes, and before any event one that does not
// exist.
//
// A plain class with the time injected: no I/O, one thread at a time.
#pragma once

#include "ticketd/domain/event.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ticketd::catalog {

using snapshot_ptr = std::shared_ptr<const domain::event_snapshot>;

struct local_copy {
  std::string event_id;
  snapshot_ptr event;  // null: there is no such event
  std::chrono::steady_clock::time_point read_at{};
  std::chrono::steady_clock::time_point began_at{};                    // of the reading that counts
  std::chrono::steady_clock::time_point taken_at{};                    // its end
  std::optional<std::chrono::steady_clock::time_point> database_at{};  // when the database itself was read last
  bool has_last_reading_failed = false;
  // Since when the readings have named the same categories on the same terms, whatever is left of each; and by
  // category, have said the same of it.
  std::chrono::steady_clock::time_point offered_since{};
  std::vector<std::chrono::steady_clock::time_point> unchanged_since{};
};

class local_copies {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // `copies_max` at least 1; `fresh_for` is how long a copy answers without another reading.
  local_copies(std::size_t copies_max, std::chrono::milliseconds fresh_for)
      : copies_max_(copies_max), fresh_for_(fresh_for) {}

  // Null where there is none. Counts as a use. Valid until the next call that keeps something.
  [[nodiscard]] const local_copy* find(const std::string& event_id);

  [[nodiscard]] bool is_fresh(const local_copy& copy, time_point now) const noexcept;

  enum class origin { database, redis };

  // Takes a reading over that began then, but never an older one over a newer: readings may overtake each other. The
  // database's own is newer than what was here when it began, whatever the clocks say (another database may have
  // another one); of all others the database's clock says which is older; that there is no event has no time of the
  // database's. Answers the one that counts now.
  snapshot_ptr keep(const std::string& event_id, snapshot_ptr event, time_point began, time_point now, origin from);

  // The reading that was kept last is the database's own.
  void note_database(const std::string& event_id, time_point began);

  // The last reading failed. What was known stays, and is not fresh.
  void mark_failed(const std::string& event_id);

 private:
  using copy_list = std::list<local_copy>;  // the one that was asked for last stands in front

  [[nodiscard]] copy_list& list_of(const local_copy& copy) noexcept { return copy.event ? events_ : absent_; }
  [[nodiscard]] copy_list::iterator find_or_add(const std::string& event_id);
  void make_room();

  std::size_t copies_max_;
  std::chrono::milliseconds fresh_for_;
  copy_list events_;
  copy_list absent_;
  std::unordered_map<std::string, copy_list::iterator> by_id_;
};

}  // namespace ticketd::catalog
