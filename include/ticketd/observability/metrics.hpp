// Every metric that ticketd exposes, by name, in one place. Registered once; recording is a few atomic operations.
//
// Thread: recording from any; construction and to_text() from one at a time. The object outlives all who record.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace ticketd::observability {

class metrics {
 public:
  metrics();

  // The Prometheus text exposition format, version 0.0.4.
  [[nodiscard]] std::string to_text() const;

  // `route` is the pattern of the endpoint table, never the path a client sent: the set of labels stays bounded.
  void record_request(std::string_view route, int status, std::chrono::nanoseconds took);

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& request_seconds_;
  prometheus::Family<prometheus::Counter>& orders_;
  prometheus::Family<prometheus::Counter>& publishes_;
  prometheus::Family<prometheus::Counter>& cache_reads_;
  prometheus::Family<prometheus::Counter>& charges_;

 public:
  // api
  prometheus::Histogram& publish_batch_orders;  // ticketd_publish_batch_orders: orders a message
  prometheus::Histogram& confirm_seconds;       // ticketd_confirm_seconds: from publish to the broker's confirm
  prometheus::Gauge& in_flight_orders;          // ticketd_in_flight_orders: accepted, not yet confirmed by the broker
  prometheus::Counter& orders_published;        // ticketd_publishes_total{outcome="confirmed"}, in orders
  prometheus::Counter& orders_unavailable;      // ticketd_publishes_total{outcome="unavailable"}
  prometheus::Counter& orders_unknown;          // ticketd_publishes_total{outcome="unknown"}
  prometheus::Gauge& queue_depth_orders;        // ticketd_queue_depth_orders: messages ready x mean orders a message

  // worker
  prometheus::Histogram& settle_batch_orders;   // ticketd_settle_batch_orders
  prometheus::Histogram& settle_seconds;        // ticketd_settle_seconds: one transaction, begin to commit
  prometheus::Counter& orders_dead_lettered;    // ticketd_orders_dead_lettered_total
  prometheus::Counter& orders_repeated;         // ticketd_orders_repeated_total: known ids skipped

  // ticketd_orders_total{status,reason}: orders by the state that they reached
  void record_order(std::string_view status, std::string_view reason, std::size_t count = 1);
  // ticketd_cache_reads_total{layer="l1|redis|database|stale"}
  void record_read(std::string_view layer);
  // ticketd_charges_total{outcome="succeeded|declined|unknown|refunded"}
  void record_charge(std::string_view outcome);

  // pools and breakers
  prometheus::Histogram& pool_wait_seconds;     // ticketd_database_pool_wait_seconds
  prometheus::Gauge& pool_busy;                 // ticketd_database_connections_busy
  prometheus::Gauge& pool_open;                 // ticketd_database_connections_open
  prometheus::Gauge& breaker_state;             // ticketd_cache_breaker_state: 0 closed, 1 half open, 2 open
  prometheus::Gauge& broker_up;                 // ticketd_broker_up: 1 connected and not blocked
  prometheus::Gauge& open_connections;          // ticketd_http_connections_open
};

}  // namespace ticketd::observability
