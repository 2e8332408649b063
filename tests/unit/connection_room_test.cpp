#include "persistence/connection_room.hpp"
#include "support/catch2.hpp"

#include <string>
#include <vector>

using ticketd::persistence::connection_room;
using ticketd::persistence::connection_share;
using ticketd::persistence::leaves_enough;

namespace {

// A server, and processes that open what they may, one connection after the other.
class server {
 public:
  explicit server(int slots) : slots_(slots) {}

  // How many of `wanted` a process has in the end.
  int open(connection_share share, int wanted) {
    int open = 0;
    while (open < wanted && taken_ < slots_) {
      ++taken_;
      if (!leaves_enough({slots_, slots_ - taken_}, share, open == 0)) {
        --taken_;
        return open;
      }
      ++open;
    }
    return open;
  }
  [[nodiscard]] int free() const { return slots_ - taken_; }

 private:
  int slots_;
  int taken_ = 0;
};

}  // namespace

TEST_CASE("25 replicas, two workers and an operator share PostgreSQL's default of 100 connections", "[persistence]") {
  server of(97);
  std::vector<int> replicas;
  for (int i = 0; i < 25; ++i) replicas.push_back(of.open(connection_share::replica, 8));
  for (const int each : replicas) CHECK(each >= 1);
  CHECK(replicas.front() == 8);
  CHECK(of.open(connection_share::worker, 8) == 8);
  CHECK(of.open(connection_share::worker, 8) >= 1);
  CHECK(of.open(connection_share::everything, 1) == 1);
}

TEST_CASE("however many replicas there are, the workers and an operator find a connection", "[persistence]") {
  for (const int slots : {4, 7, 17, 40, 97, 497}) {
    INFO(slots);
    server of(slots);
    for (int i = 0; i < 1000; ++i) of.open(connection_share::replica, 8);
    CHECK(of.open(connection_share::worker, 1) == 1);
    if (slots >= 40) CHECK(of.open(connection_share::worker, 8) >= 1);
    if (slots >= 17) CHECK(of.open(connection_share::everything, 1) == 1);
  }
}

TEST_CASE("a lab of three replicas and two workers has all the connections that it is set to", "[persistence]") {
  server of(97);
  for (int i = 0; i < 2; ++i) CHECK(of.open(connection_share::worker, 8) == 8);
  for (int i = 0; i < 3; ++i) CHECK(of.open(connection_share::replica, 8) == 8);
}

TEST_CASE("nobody's second connection is the one that the next replica's first would be", "[persistence]") {
  for (const int slots : {17, 24, 40, 47, 97, 497}) {
    INFO(slots);
    server of(slots);
    for (int i = 0; i < 2; ++i) of.open(connection_share::replica, 8);
    of.open(connection_share::worker, 1000);
    CHECK(of.open(connection_share::replica, 8) >= 1);
  }
}
