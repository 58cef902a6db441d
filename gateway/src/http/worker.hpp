// Worker: one thread's share of the server: its acceptor, its connections, its sweeper.
//
// Everything but the constructor and start() runs on its executor.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/connection.hpp"
#include "http/server_state.hpp"

namespace larder::gateway {

class Worker {
 public:
  // `acceptor` listens and is bound to the executor of the thread.
  Worker(ServerState& server, boost::asio::ip::tcp::acceptor acceptor);

  [[nodiscard]] boost::asio::any_io_executor executor() { return acceptor_.get_executor(); }

  void start();
  // No new connections; idle ones are closed.
  [[nodiscard]] awaitable<void> close_door();
  // Waits for the rest; at the deadline they are cut.
  [[nodiscard]] awaitable<void> join(SteadyTime deadline);

 private:
  awaitable<void> accept_loop();
  awaitable<void> sweep_loop();
  // Runs one of the loops, so that join() waits for it.
  void launch(awaitable<void> loop);

  void admit(boost::asio::ip::tcp::socket socket);
  void turn_away(boost::asio::ip::tcp::socket socket);
  void remove(Connection& connection) noexcept;
  void sweep();
  void cut_abandoned();
  void cut_all();
  [[nodiscard]] bool finished() const noexcept { return loops_ == 0 && connections_.empty(); }

  ServerState& server_;
  ThreadState thread_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer accept_pause_;
  boost::asio::steady_timer finished_timer_;
  SteadyTime::duration tick_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::size_t loops_ = 0;
  bool accept_failing_ = false;
};

}  // namespace larder::gateway
