// Every metric that ticketd exposes, by name, in one place. Registered once; recording is a few atomic operations.
//
// Thread: recording from any; construction and to_text() from one at a time. The object outlives all who record.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::observability {

// The counters of one family, told apart by one or two labels. prometheus-cpp finds a counter by a map of strings built
// for the call; this remembers the few there are. Thread: any.
class labelled_counters {
 public:
  labelled_counters(prometheus::Family<prometheus::Counter>& family, std::string first_label,
                    std::string second_label = {});

  prometheus::Counter& at(std::string_view first, std::string_view second = {});

 private:
  struct entry {
    std::string first;
    std::string second;
    prometheus::Counter* counter;
  };

  prometheus::Family<prometheus::Counter>& family_;
  std::string first_label_;
  std::string second_label_;
  std::mutex mutex_;
  std::vector<entry> entries_;
};

class metrics {
 private:
  std::shared_ptr<prometheus::Registry> registry_;  // first: everything below lives in it

 public:
  metrics();

  // The Prometheus text exposition format, version 0.0.4.
  [[nodiscard]] std::string to_text() const;

  // ticketd_http_requests_total{route,status}, ticketd_http_request_duration_seconds{route}. `route` is the pattern of
  // the endpoint table, never the path a client sent: the set of labels stays bounded.
  void record_request(std::string_view route, int status, std::chrono::nanoseconds took);

  // ticketd_orders_total{status,reason}: orders by the state that they reached
  void record_order(std::string_view status, std::string_view reason, std::size_t count = 1);
  // ticketd_cache_reads_total{layer="l1|redis|database|stale"}
  void record_read(std::string_view layer);
  // ticketd_charges_total{outcome="succeeded|under_way|declined|not_sent|absent|unknown|our_mistake|refunded"}
  void record_charge(std::string_view outcome);
  // ticketd_change_notices_total{outcome="sent|dropped|heard"}, in orders
  void record_notice(std::string_view outcome, std::size_t orders);
  // ticketd_database_statements_total{statement}: by the name of the query, so one can tell what the database is asked
  void record_statement(std::string_view statement);

  // api
  prometheus::Gauge& open_connections;  // ticketd_http_connections_open
  prometheus::Counter& requests_shed;   // ticketd_http_requests_shed_total: waited too long before they were begun
  prometheus::Histogram& publish_batch_orders;  // ticketd_publish_batch_orders: orders a message
  prometheus::Histogram& confirm_seconds;  // ticketd_confirm_duration_seconds: from publish to the broker's confirm
  prometheus::Gauge& in_flight_orders;     // ticketd_in_flight_orders: accepted, not yet confirmed by the broker
  prometheus::Gauge& queue_depth_orders;   // ticketd_queue_depth_orders: messages ready x mean orders a message

  prometheus::Gauge& watchers_open;       // ticketd_watchers_open: streams, and reads that wait
  prometheus::Counter& watchers_dropped;  // ticketd_watchers_dropped_total: that did not read
  prometheus::Histogram&
      change_told_seconds;  // ticketd_change_told_duration_seconds: from the row's time to its watcher

  // worker
  prometheus::Histogram& settle_batch_orders;  // ticketd_settle_batch_orders
  prometheus::Gauge& events_waiting;           // ticketd_events_waiting: whose orders wait, as somebody holds the event
  prometheus::Gauge& settlement_waiting;       // ticketd_settlement_waiting: 1 while the database takes nothing
  prometheus::Histogram& settle_seconds;       // ticketd_settle_duration_seconds: one transaction, begin to commit
  prometheus::Gauge& charges_at_once_max;      // ticketd_charges_at_once_max: what the provider is thought to take
  prometheus::Gauge& charging_slowed;          // ticketd_charging_slowed: 1 while the provider refuses us as wrong
  prometheus::Counter& orders_dead_lettered;   // ticketd_orders_dead_lettered_total
  // ticketd_messages_of_unknown_version_total: 1 where this worker has stopped consuming until it is replaced
  prometheus::Counter& messages_of_unknown_version;
  prometheus::Counter& orders_repeated;  // ticketd_orders_repeated_total: known ids skipped

  // pools and breakers
  prometheus::Histogram& pool_wait_seconds;  // ticketd_database_pool_wait_duration_seconds
  prometheus::Gauge& pool_busy;              // ticketd_database_connections_busy
  prometheus::Gauge& pool_open;              // ticketd_database_connections_open
  prometheus::Gauge& cache_breaker_state;    // ticketd_cache_breaker_state: 0 closed, 1 half open, 2 open
  prometheus::Gauge& broker_breaker_state;   // ticketd_broker_breaker_state: the same, for confirms that do not come
  prometheus::Gauge& broker_up;              // ticketd_broker_up: 1 connected and not blocked

 private:
  static constexpr int status_least = 100;
  static constexpr int status_most = 599;

  struct route_metrics {
    std::string route;
    prometheus::Histogram* seconds;
    std::array<prometheus::Counter*, status_most - status_least + 1> by_status{};
  };

  route_metrics& metrics_of(std::string_view route);

  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& request_seconds_;
  std::mutex routes_mutex_;
  std::vector<std::unique_ptr<route_metrics>> routes_;

  labelled_counters orders_;
  labelled_counters publishes_;
  labelled_counters cache_reads_;
  labelled_counters charges_;
  labelled_counters notices_;
  labelled_counters statements_;

 public:
  prometheus::Counter& orders_published;    // ticketd_publishes_total{outcome="confirmed"}, in orders
  prometheus::Counter& orders_unavailable;  // ticketd_publishes_total{outcome="unavailable"}
  prometheus::Counter& orders_unknown;      // ticketd_publishes_total{outcome="unknown"}
};

}  // namespace ticketd::observability
