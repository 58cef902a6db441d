// HTTP/1.1 as the gateway sees it: a request in, a reply out.
#pragma once

#include <functional>

#include <larder/clock.hpp>
#include <larder/gateway/http_message.hpp>

namespace larder::gateway {

using HttpHandler = std::function<awaitable<HttpReply>(const HttpRequest&)>;

}  // namespace larder::gateway
