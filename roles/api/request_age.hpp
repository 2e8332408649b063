// For how long a request has waited since Nginx took it, which is what the buyer has waited: in Nginx, in the sockets
// between, and here behind others.
//
// Nginx says when in a header that it overwrites, by its own clock. What its clock and ours differ by is unknown, but
// the request that waited least tells: of the differences seen lately the smallest is taken for no wait at all. After a
// step of either clock ages are wrong for as long as that is remembered.
//
// Age alone is no overload: a request that Nginx took from a replica which hung and gave to this one is old, and so is
// all that a replica finds in its sockets after it stood still. What is refused for its age is so only while a queue
// stands here.
//
// Plain classes with the time injected. Thread: one.
#pragma once

#include "ticketd/domain/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace ticketd::roles::api {

class request_age {
 public:
  // Of the value of headers::request_start. nullopt where it is none: the request did not come through Nginx.
  [[nodiscard]] std::optional<std::chrono::milliseconds> of(std::string_view value, domain::timestamp now);

 private:
  // The smallest difference of this span and of the one before: what is remembered is one to two spans old.
  static constexpr std::chrono::seconds span{5};
  // No request waits for so long: one of them has told a time that is nobody's, or a clock was set.
  static constexpr std::chrono::minutes longest{10};

  void turn(domain::timestamp now);

  domain::timestamp began_at_{};
  std::optional<std::chrono::milliseconds> smallest_;
  std::optional<std::chrono::milliseconds> smallest_before_;
};

// Whether requests queue up here: even the one that waited least has waited, and for a while already (the measure of
// CoDel, RFC 8289). A short queue that is worked off, or one old request among others, is none.
class standing_queue {
 public:
  // A request begins that has waited for so long.
  void note(std::chrono::milliseconds age, domain::timestamp now) noexcept;
  [[nodiscard]] bool is_standing() const noexcept { return last_at_ - began_at_ >= stands_after; }

 private:
  static constexpr std::chrono::milliseconds target{100};  // who has waited for less has found no queue
  // Long enough to work off what has gathered in the sockets of a replica that stood still, and in which a replica that
  // is busy hears of somebody: longer without a request, and there was no queue.
  static constexpr std::chrono::milliseconds stands_after{250};

  domain::timestamp began_at_{};
  domain::timestamp last_at_{};
};

// When Nginx took the request, by its clock.
[[nodiscard]] std::optional<domain::timestamp> parse_request_start(std::string_view value) noexcept;

}  // namespace ticketd::roles::api
