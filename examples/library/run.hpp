// Runs one coroutine on this thread until it ends; its value is the program's exit code.
#pragma once

#include <cstdio>
#include <exception>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

inline int run(boost::asio::awaitable<int> program) {
  boost::asio::io_context io;
  int exit_code = 1;
  boost::asio::co_spawn(io, std::move(program),
                        [&exit_code](const std::exception_ptr& escaped, int code) {
                          exit_code = escaped ? 1 : code;
                        });
  io.run();
  return exit_code;
}
