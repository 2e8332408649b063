#include "config/demo_secrets.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>

namespace ticketd::config {
namespace {

namespace ip = boost::asio::ip;

// RFC 1122, 1918, 3927 (v4), 4193, 4291 (v6).
constexpr std::array v4_networks{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"};
constexpr std::array v6_networks{"::1/128", "fc00::/7", "fe80::/10"};

bool is_out_of_public(const ip::address_v4& address) {
  return std::ranges::any_of(v4_networks, [&](const char* text) {
    const auto network = ip::make_network_v4(text);
    return ip::network_v4(address, network.prefix_length()).canonical() == network;
  });
}

bool is_out_of_public(const ip::address_v6& address) {
  if (address.is_v4_mapped()) return is_out_of_public(ip::make_address_v4(ip::v4_mapped, address));
  return std::ranges::any_of(v6_networks, [&](const char* text) {
    const auto network = ip::make_network_v6(text);
    return ip::network_v6(address, network.prefix_length()).canonical() == network;
  });
}

}  // namespace

bool is_out_of_public(const std::string& ip_address) {
  const auto address = ip::make_address(ip_address);
  return address.is_v4() ? is_out_of_public(address.to_v4()) : is_out_of_public(address.to_v6());
}

}  // namespace ticketd::config
