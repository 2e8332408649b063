#include "ticketd/orders/order_watchers.hpp"

#include "ticketd/domain/order_version.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ticketd::orders {
namespace {

template <class Watchers>
std::int64_t oldest_heard(const Watchers& watchers) {
  return std::ranges::min_element(watchers, {}, [](const auto& each) { return each.heard(); })->heard();
}

}  // namespace

void order_watchers::add(const domain::order_id& id, order_watcher& watcher) {
  watched_[id].push_back(watcher);
  if (is_letting_go_) watcher.let_go();
}

void order_watchers::tell(order_watcher& watcher, const domain::order_view& order) {
  const auto version = domain::version_of(order);
  const bool is_news = version > watcher.heard_;
  if (version < watcher.heard_) return;
  watcher.heard_ = version;
  if (is_news) watcher.changed(order);
  if (domain::may_change(order)) return;
  watcher.order_watcher_hook::unlink();
  watcher.ended();
}

bool order_watchers::tell(const domain::order_view& order) {
  const auto found = watched_.find(order.id);
  if (found == watched_.end() || found->second.empty()) return false;
  auto& watchers = found->second;
  const bool is_news = domain::version_of(order) > oldest_heard(watchers);
  for (auto next = watchers.begin(); next != watchers.end();) tell(*next++, order);  // which may unlink it
  return is_news;
}

void order_watchers::note_changed(std::span<const domain::order_id> orders) {
  for (const auto& id : orders)
    if (watched_.contains(id)) due_.insert(id);
}

std::vector<persistence::known_order> order_watchers::take_due() {
  std::vector<persistence::known_order> asked;
  for (const auto& id : std::exchange(due_, {})) {
    const auto found = watched_.find(id);
    if (found != watched_.end() && !found->second.empty()) asked.push_back({id, oldest_heard(found->second)});
  }
  return asked;
}

std::vector<persistence::known_order> order_watchers::all() {
  due_.clear();
  std::erase_if(watched_, [](const auto& each) { return each.second.empty(); });
  std::vector<persistence::known_order> asked;
  asked.reserve(watched_.size());
  for (const auto& [id, watchers] : watched_) asked.push_back({id, oldest_heard(watchers)});
  return asked;
}

void order_watchers::let_all_go() {
  is_letting_go_ = true;
  for (auto& [id, watchers] : watched_)
    for (auto& each : watchers) each.let_go();
}

}  // namespace ticketd::orders
