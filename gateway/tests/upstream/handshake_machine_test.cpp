#include "upstream/handshake_machine.hpp"

#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

namespace larder::gateway {
namespace {

constexpr const char* kDiscovered =
    R"({"supportedVersions":["2025-11-25","2026-07-28"],"capabilities":{"tools":{}},)"
    R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}},"instructions":"hello"})";
constexpr const char* kOpened =
    R"({"protocolVersion":"2025-06-18","capabilities":{"prompts":{}},"serverInfo":{"name":"s"},)"
    R"("instructions":"hello"})";

HandshakeReply result(std::string json, unsigned status = 200) {
  return {.status = status, .result_json = std::move(json)};
}
HandshakeReply error(std::string json, unsigned status = 400) {
  return {.status = status, .error_json = std::move(json)};
}
HandshakeReply status(unsigned code) { return {.status = code}; }
HandshakeReply failure(Errc code) { return {.failure = Error(code, "what happened")}; }

std::string rpc_error(int code, const std::string& data = "{}") {
  return R"({"code":)" + std::to_string(code) + R"(,"message":"no","data":)" + data + "}";
}

// Starts with the probe and answers it.
HandshakeStep probe(Transport transport, const HandshakeReply& reply) {
  HandshakeMachine machine(transport, HandshakeStart::probe);
  EXPECT_TRUE(std::holds_alternative<SendDiscover>(machine.start()));
  return machine.on_reply(reply);
}

// Starts with initialize and answers it.
HandshakeStep open(const HandshakeReply& reply) {
  HandshakeMachine machine(Transport::http, HandshakeStart::initialize);
  EXPECT_TRUE(std::holds_alternative<SendInitialize>(machine.start()));
  return machine.on_reply(reply);
}

bool is_initialize(const HandshakeStep& step) {
  const auto* initialize = std::get_if<SendInitialize>(&step);
  return initialize != nullptr && initialize->version == "2025-11-25";
}

void expect_failed(const HandshakeStep& step, Errc code, HandshakeStart next) {
  const auto* failed = std::get_if<HandshakeFailed>(&step);
  ASSERT_NE(failed, nullptr) << step.index();
  EXPECT_EQ(failed->error.code(), code) << failed->error.message();
  EXPECT_EQ(failed->next, next);
}

TEST(HandshakeMachine, offers_the_newest_modern_version_first) {
  HandshakeMachine machine(Transport::http, HandshakeStart::probe);
  const auto step = machine.start();
  ASSERT_TRUE(std::holds_alternative<SendDiscover>(step));
  EXPECT_EQ(std::get<SendDiscover>(step).version, "2026-07-28");
}

TEST(HandshakeMachine, is_done_with_a_modern_server_after_one_reply) {
  const auto step = probe(Transport::http, result(kDiscovered));
  ASSERT_TRUE(std::holds_alternative<HandshakeDone>(step));
  const ServerFacts& facts = std::get<HandshakeDone>(step).facts;
  EXPECT_EQ(facts.era, mcp::Era::modern);
  EXPECT_EQ(facts.version, "2026-07-28");
  EXPECT_EQ(facts.capabilities_json, R"({"tools":{}})");
  EXPECT_EQ(facts.server_info_json, R"({"name":"s"})");
  EXPECT_EQ(facts.instructions, "hello");
}

TEST(HandshakeMachine, leaves_no_fact_without_its_json_object) {
  const auto step = probe(Transport::http, result(R"({"supportedVersions":["2026-07-28"]})"));
  ASSERT_TRUE(std::holds_alternative<HandshakeDone>(step));
  const ServerFacts& facts = std::get<HandshakeDone>(step).facts;
  EXPECT_EQ(facts.capabilities_json, "{}");
  EXPECT_EQ(facts.server_info_json, "{}");
  EXPECT_EQ(facts.instructions, "");
}

TEST(HandshakeMachine, stays_modern_when_another_version_is_named_and_asks_again_once) {
  HandshakeMachine machine(Transport::http, HandshakeStart::probe);
  (void)machine.start();
  const auto refused = error(rpc_error(-32022, R"({"supported":["2026-07-28"]})"));
  const auto again = machine.on_reply(refused);
  ASSERT_TRUE(std::holds_alternative<SendDiscover>(again));
  EXPECT_EQ(std::get<SendDiscover>(again).version, "2026-07-28");
  expect_failed(machine.on_reply(refused), Errc::protocol_error, HandshakeStart::probe);
}

TEST(HandshakeMachine, falls_back_when_only_legacy_versions_are_supported) {
  EXPECT_TRUE(is_initialize(
      probe(Transport::http, error(rpc_error(-32022, R"({"supported":["2025-06-18"]})")))));
  EXPECT_TRUE(
      is_initialize(probe(Transport::stdio, result(R"({"supportedVersions":["2024-11-05"]})"))));
}

TEST(HandshakeMachine, fails_when_no_version_is_shared) {
  expect_failed(probe(Transport::http, result(R"({"supportedVersions":["2099-01-01"]})")),
                Errc::unsupported, HandshakeStart::probe);
  expect_failed(probe(Transport::http, error(rpc_error(-32022, R"({"supported":["2099-01-01"]})"))),
                Errc::unsupported, HandshakeStart::probe);
}

TEST(HandshakeMachine, does_not_fall_back_on_the_other_modern_errors) {
  for (const int code : {-32020, -32021}) {
    for (const Transport transport : {Transport::http, Transport::stdio}) {
      expect_failed(probe(transport, error(rpc_error(code))), Errc::protocol_error,
                    HandshakeStart::probe);
    }
  }
}

TEST(HandshakeMachine, falls_back_on_every_error_that_is_not_modern) {
  for (const int code : {-32601, -32602, -32600, -32000, -32001, 0, 7}) {
    EXPECT_TRUE(is_initialize(probe(Transport::http, error(rpc_error(code))))) << code;
    EXPECT_TRUE(is_initialize(probe(Transport::http, error(rpc_error(code), 200)))) << code;
    EXPECT_TRUE(is_initialize(probe(Transport::stdio, error(rpc_error(code), 200)))) << code;
  }
}

TEST(HandshakeMachine, falls_back_on_client_errors_without_a_modern_body) {
  for (const unsigned code : {400U, 404U, 405U, 406U, 415U, 422U}) {
    EXPECT_TRUE(is_initialize(probe(Transport::http, status(code)))) << code;
  }
}

TEST(HandshakeMachine, falls_back_on_results_that_are_no_discovery) {
  for (const char* json :
       {"{}", R"({"tools":[]})", R"({"supportedVersions":"2026-07-28"})", "[]"}) {
    EXPECT_TRUE(is_initialize(probe(Transport::http, result(json)))) << json;
  }
  EXPECT_TRUE(
      is_initialize(probe(Transport::http, error(rpc_error(-32022, R"({"supported":7})")))));
}

TEST(HandshakeMachine, concludes_nothing_from_credentials_trouble_and_redirects) {
  for (const unsigned code : {401U, 403U}) {
    expect_failed(probe(Transport::http, status(code)), Errc::access_denied, HandshakeStart::probe);
  }
  for (const unsigned code : {408U, 429U, 500U, 502U, 503U}) {
    expect_failed(probe(Transport::http, status(code)), Errc::unavailable, HandshakeStart::probe);
  }
  for (const unsigned code : {301U, 307U}) {
    expect_failed(probe(Transport::http, status(code)), Errc::protocol_error,
                  HandshakeStart::probe);
  }
}

TEST(HandshakeMachine, concludes_nothing_from_silence_on_http) {
  for (const Errc code : {Errc::timeout, Errc::unavailable, Errc::too_large}) {
    expect_failed(probe(Transport::http, failure(code)), code, HandshakeStart::probe);
  }
}

TEST(HandshakeMachine, takes_silence_on_stdio_for_a_legacy_server) {
  EXPECT_TRUE(is_initialize(probe(Transport::stdio, failure(Errc::timeout))));
}

TEST(HandshakeMachine, spares_a_process_that_died_of_the_probe_the_next_one) {
  expect_failed(probe(Transport::stdio, failure(Errc::unavailable)), Errc::unavailable,
                HandshakeStart::initialize);
}

TEST(HandshakeMachine, opens_a_legacy_session_in_two_steps) {
  HandshakeMachine machine(Transport::http, HandshakeStart::probe);
  (void)machine.start();
  EXPECT_TRUE(is_initialize(machine.on_reply(status(405))));
  const auto notify = machine.on_reply(result(kOpened));
  ASSERT_TRUE(std::holds_alternative<SendInitialized>(notify));
  EXPECT_EQ(std::get<SendInitialized>(notify).version, "2025-06-18");
  const auto done = machine.on_reply(status(202));
  ASSERT_TRUE(std::holds_alternative<HandshakeDone>(done));
  const ServerFacts& facts = std::get<HandshakeDone>(done).facts;
  EXPECT_EQ(facts.era, mcp::Era::legacy);
  EXPECT_EQ(facts.version, "2025-06-18");
  EXPECT_EQ(facts.capabilities_json, R"({"prompts":{}})");
  EXPECT_EQ(facts.server_info_json, R"({"name":"s"})");
  EXPECT_EQ(facts.instructions, "hello");
}

TEST(HandshakeMachine, accepts_every_legacy_version_and_no_other) {
  for (const char* version : {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}) {
    const auto step = open(result(R"({"protocolVersion":")" + std::string(version) + R"("})"));
    EXPECT_TRUE(std::holds_alternative<SendInitialized>(step)) << version;
  }
  for (const char* version : {"2026-07-28", "1.0", ""}) {
    expect_failed(open(result(R"({"protocolVersion":")" + std::string(version) + R"("})")),
                  Errc::unsupported, HandshakeStart::probe);
  }
}

TEST(HandshakeMachine, fails_when_initialize_does) {
  expect_failed(open(failure(Errc::timeout)), Errc::timeout, HandshakeStart::probe);
  expect_failed(open(status(401)), Errc::access_denied, HandshakeStart::probe);
  expect_failed(open(status(503)), Errc::unavailable, HandshakeStart::probe);
  expect_failed(open(status(404)), Errc::protocol_error, HandshakeStart::probe);
  expect_failed(open(error(rpc_error(-32602))), Errc::protocol_error, HandshakeStart::probe);
  expect_failed(open(result("{}")), Errc::protocol_error, HandshakeStart::probe);
}

TEST(HandshakeMachine, fails_when_initialized_is_not_taken) {
  const auto notify = [](const HandshakeReply& reply) {
    HandshakeMachine machine(Transport::http, HandshakeStart::initialize);
    (void)machine.start();
    (void)machine.on_reply(result(kOpened));
    return machine.on_reply(reply);
  };
  expect_failed(notify(failure(Errc::unavailable)), Errc::unavailable, HandshakeStart::probe);
  expect_failed(notify(status(400)), Errc::protocol_error, HandshakeStart::probe);
  expect_failed(notify(status(500)), Errc::unavailable, HandshakeStart::probe);
  for (const unsigned fine : {200U, 202U, 204U}) {
    EXPECT_TRUE(std::holds_alternative<HandshakeDone>(notify(status(fine)))) << fine;
  }
}

TEST(HandshakeMachine, keeps_a_server_text_out_of_the_lines_of_a_log) {
  const auto step =
      open(error(R"({"code":-1,"message":"one\ntwo\u0007)" + std::string(5000, 'x') + R"("})"));
  ASSERT_TRUE(std::holds_alternative<HandshakeFailed>(step));
  const std::string text = std::get<HandshakeFailed>(step).error.message();
  EXPECT_NE(text.find("one two "), std::string::npos);
  EXPECT_LT(text.size(), 300U);
}

}  // namespace
}  // namespace larder::gateway
