# Everything comes from Debian's packages (scripts/install-packages); each as a target, so that who links it is seen.

find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(librabbitmq REQUIRED IMPORTED_TARGET librabbitmq)
pkg_check_modules(libidn2 REQUIRED IMPORTED_TARGET libidn2)

# Asio's and Beast's own code, compiled once instead of in every file that includes them.
add_library(ticketd_boost STATIC ${CMAKE_CURRENT_SOURCE_DIR}/cmake/boost_separate.cpp)
target_compile_definitions(ticketd_boost PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(ticketd_boost PUBLIC Boost::headers Boost::json Boost::url OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
