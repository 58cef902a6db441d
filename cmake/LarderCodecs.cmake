# zstd and libsodium, which cache/ compresses and encrypts values with. Debian's packages
# bring no CMake files of their own that suit an export, so the targets are made here, for
# our build and for find_package(larder) alike.

foreach(codec IN ITEMS zstd sodium)
  if(NOT TARGET larder::${codec})
    string(TOUPPER "LARDER_${codec}" name)
    find_library(${name}_LIBRARY ${codec})
    find_path(${name}_INCLUDE_DIR ${codec}.h)
    mark_as_advanced(${name}_LIBRARY ${name}_INCLUDE_DIR)
    if(NOT ${name}_LIBRARY OR NOT ${name}_INCLUDE_DIR)
      message(FATAL_ERROR "larder needs ${codec}: apt install libzstd-dev libsodium-dev")
    endif()
    add_library(larder::${codec} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(larder::${codec} PROPERTIES
      IMPORTED_LOCATION "${${name}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${${name}_INCLUDE_DIR}")
  endif()
endforeach()
