# The compilers we accept, and the flags every target of ours is built with.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "GCC ${CMAKE_CXX_COMPILER_VERSION} destroys temporaries twice in statements with co_await; "
    "install Clang 19 (apt install clang-19) and configure with -DCMAKE_CXX_COMPILER=clang++-19, "
    "or use GCC 13 or newer.")
endif()

set(LARDER_SANITIZE "" CACHE STRING "Sanitizers for every target, as for -fsanitize")
option(LARDER_WARNINGS_AS_ERRORS "Warnings of our own code are errors" ${PROJECT_IS_TOP_LEVEL})

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(LARDER_CCACHE ccache)
  if(LARDER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${LARDER_CCACHE}")
  endif()
endif()

# larder_flags(<target>): language level, warnings and sanitizers.
function(larder_flags target)
  target_compile_features(${target} PUBLIC cxx_std_23)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
    -Woverloaded-virtual -Wextra-semi -Wno-missing-field-initializers)
  if(LARDER_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(LARDER_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${LARDER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${LARDER_SANITIZE})
  endif()
endfunction()
