# One call declares a module's library, another its tests.

include(GNUInstallDirs)

# larder_library(<name> SOURCES ... [PUBLIC ...] [PRIVATE ...] [INTERNAL])
#
# Makes larder_<name>, alias larder::<name>, from the module in the current folder: public
# headers under include/, installed with the target. PUBLIC and PRIVATE are what it links.
# INTERNAL modules are not installed.
function(larder_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INTERNAL" "" "SOURCES;PUBLIC;PRIVATE")
  set(target larder_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(larder::${name} ALIAS ${target})
  larder_flags(${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  if(NOT arg_INTERNAL)
    install(TARGETS ${target} EXPORT larder ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  endif()
endfunction()

# larder_test(<module> SOURCES ... [LINK ...])
#
# One GoogleTest program <module>_test for the module, run by ctest under the module's name.
function(larder_test module)
  if(NOT LARDER_DEVELOPER)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  find_package(GTest REQUIRED)
  set(target ${module}_test)
  add_executable(${target} ${arg_SOURCES})
  larder_flags(${target})
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE ${arg_LINK} GTest::gmock_main)
  if(TARGET larder_${module})
    target_link_libraries(${target} PRIVATE larder::${module})
  endif()
  add_test(NAME ${module} COMMAND ${target})
  set_tests_properties(${module} PROPERTIES TIMEOUT 300)
endfunction()

# larder_backend(<name> SOURCES ... TESTS ... [PUBLIC ...] [PRIVATE ...]): a store's module.
function(larder_backend name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;TESTS;PUBLIC;PRIVATE")
  larder_library(${name} SOURCES ${arg_SOURCES}
    PUBLIC larder::core ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  if(LARDER_TESTKIT)
    larder_test(${name} SOURCES ${arg_TESTS} LINK larder::testkit)
  endif()
endfunction()

# Exports what larder_library installed, so that find_package(larder) finds it.
function(larder_install_package)
  include(CMakePackageConfigHelpers)
  install(EXPORT larder NAMESPACE larder:: FILE larder-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/larder)
  configure_package_config_file(cmake/larder-config.cmake.in
    "${PROJECT_BINARY_DIR}/larder-config.cmake"
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/larder)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/larder-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/larder-config.cmake"
    "${PROJECT_BINARY_DIR}/larder-config-version.cmake"
    cmake/LarderCodecs.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/larder)
endfunction()
