// Our own MCP server of the legacy era (sessions), over the official SDK.
import {randomUUID} from 'node:crypto';

import {Server} from '@modelcontextprotocol/sdk/server/index.js';
import {StreamableHTTPServerTransport} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import * as types from '@modelcontextprotocol/sdk/types.js';

import {listen, recordedBody} from './http.mjs';
import {Wire} from './wire.mjs';

const kSchemas = {
  'tools/list': types.ListToolsRequestSchema,
  'tools/call': types.CallToolRequestSchema,
  'resources/list': types.ListResourcesRequestSchema,
  'resources/templates/list': types.ListResourceTemplatesRequestSchema,
  'resources/read': types.ReadResourceRequestSchema,
  'prompts/list': types.ListPromptsRequestSchema,
  'prompts/get': types.GetPromptRequestSchema,
  'completion/complete': types.CompleteRequestSchema,
};

export function legacyServer(catalogue) {
  const server = new Server(
      {name: catalogue.name, version: '1.0.0'}, {capabilities: catalogue.capabilities()});
  for (const [method, handle] of Object.entries(catalogue.handlers())) {
    server.setRequestHandler(
        kSchemas[method],
        (request) => handle(
            request.params, {era: 'legacy', changed: () => server.sendToolListChanged()}));
  }
  return server;
}

// {url, wire, sessions, streams, toolsChanged, close}; `sessions` maps an id to its server,
// `streams` counts the open GET streams.
export async function startLegacy(t, catalogue) {
  const wire = new Wire();
  const sessions = new Map();
  let streams = 0;

  const open = async () => {
    const server = legacyServer(catalogue);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => sessions.set(id, {server, transport}),
      onsessionclosed: (id) => sessions.delete(id),
    });
    await server.connect(transport);
    return transport;
  };

  const http = await listen(t, async (request, response) => {
    const body = await recordedBody(wire, request);
    const id = request.headers['mcp-session-id'];
    if (request.method === 'GET' && sessions.has(id)) {
      ++streams;
      response.on('close', () => --streams);
    }
    const message = body.length > 0 ? JSON.parse(body.toString('utf8')) : undefined;
    if (id === undefined && message?.method !== 'initialize') {
      response.writeHead(400).end();
    } else if (id !== undefined && !sessions.has(id)) {
      response.writeHead(404).end();
    } else {
      const transport = id === undefined ? await open() : sessions.get(id).transport;
      await transport.handleRequest(request, response, message);
    }
  });
  const toolsChanged = () =>
      Promise.all([...sessions.values()].map(({server}) => server.sendToolListChanged()));
  return {...http, wire, sessions, streams: () => streams, toolsChanged};
}
