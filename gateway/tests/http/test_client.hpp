// A client that says exactly what a test tells it to, over a real socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::gateway {

struct ClientReply {
  unsigned status = 0;  // 0 = the server closed without a reply
  std::vector<std::string> headers;
  std::string body;

  // The value of "name: value"; empty where absent.
  [[nodiscard]] std::string header(std::string_view name) const;
};

// Blocking; every wait is bounded by ten seconds, after which the test fails.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // False when the server has closed and takes nothing any more.
  bool send(std::string_view bytes);
  void finish_sending();
  void close();
  // A small window, so that the server's writes soon have to wait.
  void read_slowly();

  // One reply with a body of Content-Length; `to_head` replies have none.
  ClientReply read();
  ClientReply read_head_reply();
  // Everything until the server closes, reset included.
  std::string read_to_end();

  ClientReply get(std::string_view path);
  ClientReply post(std::string_view path, std::string_view body);

 private:
  std::string read_until(std::string_view mark);
  std::string read_bytes(std::size_t count);
  bool fill();

  int socket_ = -1;
  std::string received_;
};

}  // namespace larder::gateway
