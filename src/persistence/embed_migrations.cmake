# cmake -D OUTPUT=file.cpp -P embed_migrations.cmake -- NNNN_name.sql ...
# Writes the migrations as C++ string literals, in the order of their names.
set(entries "")
math(EXPR last "${CMAKE_ARGC} - 1")
set(is_file FALSE)
foreach(i RANGE ${last})
  set(argument "${CMAKE_ARGV${i}}")
  if(is_file)
    get_filename_component(name "${argument}" NAME_WE)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
      message(FATAL_ERROR "${argument}: a migration is named NNNN_name.sql")
    endif()
    math(EXPR number "1${CMAKE_MATCH_1} - 10000")  # a leading zero would make it octal in C++
    file(READ "${argument}" sql)
    string(APPEND entries "    {${number}, \"${name}\", R\"migration(${sql})migration\"},\n")
  endif()
  if(argument STREQUAL "--")
    set(is_file TRUE)
  endif()
endforeach()

file(WRITE "${OUTPUT}" "#include \"persistence/migrations.hpp\"

namespace ticketd::persistence {

std::span<const migration> migrations() noexcept {
  static constexpr migration all[] = {
${entries}  };
  return all;
}

}  // namespace ticketd::persistence
")
