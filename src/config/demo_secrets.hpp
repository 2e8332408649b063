// The demo's secrets, which everybody can read in deploy/.env.example, and where they are good enough.
//
// Pure: any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace ticketd::config {

// tests/unit/docs_test.cpp holds them against the example.
inline constexpr std::array<std::string_view, 7> demo_secrets{
    "demo-secret-that-everybody-knows", "demo-admin-token",    "demo-database-password",
    "demo-database-owner-password",     "demo-redis-password", "demo-amqp-password",
    "demo-amqp-operator-password"};

// On this machine or in its own network: loopback, private and link-local addresses. Everywhere (0.0.0.0, ::) is not.
[[nodiscard]] bool is_out_of_public(const std::string& ip_address);

}  // namespace ticketd::config
