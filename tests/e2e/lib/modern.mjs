// Our own MCP server of the modern era, over the official SDK.
import {Server, createMcpHandler} from '@modelcontextprotocol/server';

import {serveFetch} from './http.mjs';
import {Wire} from './wire.mjs';

export function modernServer(catalogue) {
  const server = new Server(
      {name: catalogue.name, version: '1.0.0'}, {capabilities: catalogue.capabilities()});
  for (const [method, handle] of Object.entries(catalogue.handlers())) {
    server.setRequestHandler(
        method,
        (request, context) => handle(request.params, {
          era: 'modern',
          retried: context.mcpReq.inputResponses,
          changed: () => server.sendToolListChanged(),
        }));
  }
  return server;
}

// {url, wire, notify, close}; speaks the modern era only.
export async function startModern(t, catalogue, port) {
  const wire = new Wire();
  const handler = createMcpHandler(() => modernServer(catalogue), {legacy: 'reject'});
  t.after(() => handler.close());
  const server = await serveFetch(t, wire, handler.fetch, port);
  return {...server, wire, notify: handler.notify, listeners: () => handler.bus.listenerCount};
}
