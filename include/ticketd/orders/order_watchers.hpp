// Who watches which order, and what they have heard of it: nobody hears the same state twice, nor an older one, and who
// has heard one that nothing can change any more is told so, and forgotten.
//
// A plain class without I/O: watch_orders asks the database, for all of them at once.
//
// Thread: one. A watcher may go away at any time, also after the class.
#pragma once

#include "ticketd/domain/order.hpp"
#include "ticketd/domain/order_id.hpp"
#include "ticketd/persistence/order_store.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ticketd::orders {

using order_watcher_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<class order_watchers>,
                                                            boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// What it is told is not to end its life.
class order_watcher : public order_watcher_hook {
 public:
  order_watcher() = default;
  order_watcher(const order_watcher&) = delete;
  order_watcher& operator=(const order_watcher&) = delete;

  virtual ~order_watcher() = default;

  // The version of what it has heard; -1: nothing.
  [[nodiscard]] std::int64_t heard() const noexcept { return heard_; }

 private:
  friend class order_watchers;

  // A state that it has not heard, later than what it has.
  virtual void changed(const domain::order_view& order) = 0;
  // What it has heard is the last of it.
  virtual void ended() = 0;
  // This process takes leave of who waits.
  virtual void let_go() = 0;

  std::int64_t heard_ = -1;
};

class order_watchers {
 public:
  // From now on it hears what comes, of this order. What it is now, it is told by whoever has asked, by tell(): who
  // first asks and then watches would miss what comes in between.
  void add(const domain::order_id& id, order_watcher& watcher);

  // To one, or to all who watch it: then whether it is news to any of them.
  void tell(order_watcher& watcher, const domain::order_view& order);
  bool tell(const domain::order_view& order);

  // These have changed, somebody says; how, the database knows.
  void note_changed(std::span<const domain::order_id> orders);
  [[nodiscard]] bool is_any_due() const noexcept { return !due_.empty(); }

  // What is to be asked about of those that were noted as changed, or of all; each with the oldest version that one of
  // its watchers has heard.
  [[nodiscard]] std::vector<persistence::known_order> take_due();
  [[nodiscard]] std::vector<persistence::known_order> all();

  // Who watches, and who comes later, is let go.
  void let_all_go();

 private:
  using watcher_list = boost::intrusive::list<order_watcher, boost::intrusive::base_hook<order_watcher_hook>,
                                              boost::intrusive::constant_time_size<false>>;

  std::unordered_map<domain::order_id, watcher_list> watched_;  // some by nobody any more
  std::unordered_set<domain::order_id> due_;                    // of those
  bool is_letting_go_ = false;
};

}  // namespace ticketd::orders
