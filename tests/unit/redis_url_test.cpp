#include "cache/redis_url.hpp"
#include "support/catch2.hpp"

using ticketd::cache::parse_redis_url;

TEST_CASE("the parts of a Redis URL", "[cache]") {
  const auto plain = parse_redis_url("redis://cache.example");
  REQUIRE(plain);
  CHECK(plain->host == "cache.example");
  CHECK(plain->port == 6379);
  CHECK(plain->user.empty());
  CHECK(plain->password.empty());
  CHECK(plain->database.empty());
  CHECK_FALSE(plain->is_tls);
  CHECK(parse_redis_url("rediss://cache.example")->is_tls);

  const auto full = parse_redis_url("redis://app:p%40ss@[::1]:6380/2");
  REQUIRE(full);
  CHECK(full->host == "::1");
  CHECK(full->port == 6380);
  CHECK(full->user == "app");
  CHECK(full->password == "p@ss");
  CHECK(full->database == "2");

  CHECK(parse_redis_url("redis://:only@h/")->password == "only");
  CHECK(parse_redis_url("redis://:only@h/")->user.empty());
}

TEST_CASE("what is no Redis URL", "[cache]") {
  for (const auto* text : {"", "redis://", "cache:6379", "http://h", "redis://h:0", "redis://h:70000", "redis://h/x"})
    CHECK_FALSE(parse_redis_url(text));
}
