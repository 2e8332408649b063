# What makes a mistake in memory an ended process instead of a stranger's way in. Not where sanitizers look for the same,
# and better; nor without optimisation, which _FORTIFY_SOURCE needs. What it costs: docs/performance.md. That it is in the
# executable: tests/hardening/test_hardening.py.

include(CheckCXXCompilerFlag)

set(TICKETD_IS_HARDENED OFF)
if(NOT TICKETD_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  set(TICKETD_IS_HARDENED ON)
  add_compile_options(
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3  # some distributions' compilers define it, as 2 or 3, by themselves
    -D_GLIBCXX_ASSERTIONS
    -fstack-protector-strong
    -fstack-clash-protection
    -fPIE)  # said, not CMake's POSITION_INDEPENDENT_CODE: of a static library that makes -fPIC, which inlines less
  add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  # Where calls and jumps may lead: a feature of the processor, under another name on each.
  foreach(flag -fcf-protection=full -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "takes${flag}" taken)
    check_cxx_compiler_flag(${flag} ${taken})
    if(${taken})
      add_compile_options(${flag})
    endif()
  endforeach()
endif()
