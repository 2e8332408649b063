// How many may watch at once: streams, and reads that wait. A bound of their own, so that they take nothing of what
// buyers have.
//
// Thread: the executor's. A place may outlive the room.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace ticketd::roles::api {

inline constexpr auto too_many_watchers = "as many are watching here as there is room for";

enum class watching { by_stream, by_waiting };

class watcher_room {
 private:
  struct counts {
    std::size_t streams = 0;
    std::size_t waits = 0;
    [[nodiscard]] std::size_t& of(watching how) { return how == watching::by_stream ? streams : waits; }
  };

 public:
  // One's own, until it goes away.
  class place {
   public:
    place(std::shared_ptr<counts> in, watching how) : in_(std::move(in)), how_(how) { ++in_->of(how_); }
    place(place&& other) noexcept = default;
    place& operator=(place&&) = delete;
    ~place() {
      if (in_) --in_->of(how_);
    }

   private:
    std::shared_ptr<counts> in_;
    watching how_;
  };

  explicit watcher_room(std::size_t most) : most_(most) {}

  // nullopt where there is none left.
  [[nodiscard]] std::optional<place> take(watching how) {
    if (taken() >= most_) return std::nullopt;
    return place(counts_, how);
  }

  [[nodiscard]] std::size_t taken() const noexcept { return counts_->streams + counts_->waits; }
  [[nodiscard]] std::size_t waits() const noexcept { return counts_->waits; }

 private:
  std::size_t most_;
  std::shared_ptr<counts> counts_ = std::make_shared<counts>();
};

}  // namespace ticketd::roles::api
