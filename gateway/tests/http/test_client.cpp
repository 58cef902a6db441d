#include "http/test_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

constexpr int kPatienceMs = 10'000;

// The length announced by a head; 0 without one.
std::size_t content_length(const ClientReply& reply) {
  const auto text = reply.header("Content-Length");
  std::size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

}  // namespace

std::string ClientReply::header(std::string_view name) const {
  for (const auto& line : headers) {
    if (line.starts_with(std::string(name) + ": ")) {
      return line.substr(name.size() + 2);
    }
  }
  return {};
}

TestClient::TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close();
  }
}

TestClient::~TestClient() { close(); }

void TestClient::close() {
  if (socket_ >= 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

void TestClient::finish_sending() { ::shutdown(socket_, SHUT_WR); }

void TestClient::read_slowly() {
  const int bytes = 65'536;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

bool TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool TestClient::fill() {
  pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, kPatienceMs) != 1) {
    ADD_FAILURE() << "the server was silent for ten seconds";
    return false;
  }
  std::array<char, 65'536> bytes;
  const auto count = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (count <= 0) {
    return false;
  }
  received_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string TestClient::read_until(std::string_view mark) {
  while (received_.find(mark) == std::string::npos) {
    if (!fill()) {
      return {};
    }
  }
  return read_bytes(received_.find(mark) + mark.size());
}

std::string TestClient::read_bytes(std::size_t count) {
  while (received_.size() < count && fill()) {
  }
  auto out = received_.substr(0, count);
  received_.erase(0, count);
  return out;
}

ClientReply TestClient::read_head_reply() {
  ClientReply reply;
  const auto start = read_until("\r\n");
  if (start.size() < 12) {
    return reply;
  }
  std::from_chars(start.data() + 9, start.data() + 12, reply.status);
  for (auto line = read_until("\r\n"); line.size() > 2; line = read_until("\r\n")) {
    reply.headers.push_back(line.substr(0, line.size() - 2));
  }
  return reply;
}

ClientReply TestClient::read() {
  auto reply = read_head_reply();
  reply.body = read_bytes(content_length(reply));
  return reply;
}

std::string TestClient::read_to_end() {
  while (fill()) {
  }
  return std::move(received_);
}

ClientReply TestClient::get(std::string_view path) {
  send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  return read();
}

ClientReply TestClient::post(std::string_view path, std::string_view body) {
  send("POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
       std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  return read();
}

}  // namespace larder::gateway
