// Small HTTP servers for tests: listen, record, proxy.
import http from 'node:http';
import {Readable} from 'node:stream';

export async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// Listens on 127.0.0.1, by default on a free port, and is closed with the test. `close` cuts
// what is open, as a server that dies does.
export async function listen(t, handler, wantedPort = 0) {
  const server = http.createServer((request, response) => {
    handler(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(wantedPort, '127.0.0.1', resolve);
  });
  server.unref();  // a test that failed to end it must not keep the run up
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.after(close);
  const {port} = server.address();
  return {port, origin: `http://127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/mcp`, close};
}

// A port that was free a moment ago.
export async function freePort() {
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Reads a POST's body and notes its JSON-RPC messages; text that is no JSON goes unnoted.
export async function recordedBody(wire, request) {
  const body = await readBody(request);
  try {
    if (body.length > 0) wire.record(JSON.parse(body.toString('utf8')), request.headers);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return body;
}

// Forwards everything to `target` (an origin), noting what passes in `wire`.
export function recordingProxy(t, wire, target) {
  return listen(t, async (request, response) => {
    const body = await recordedBody(wire, request);
    await new Promise((resolve, reject) => {
      const onward = http.request(
          target + request.url, {method: request.method, headers: request.headers}, (answer) => {
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
            answer.on('end', resolve);
            answer.on('error', reject);
          });
      onward.on('error', reject);
      response.on('close', () => onward.destroy());
      onward.end(body);
    });
  });
}

// Serves a web-standard fetch handler.
export function serveFetch(t, wire, fetchHandler, port) {
  return listen(t, async (request, response) => {
    const body = await recordedBody(wire, request);
    const abort = new AbortController();
    response.on('close', () => abort.abort());
    const headers = Object.entries(request.headers).filter(([, value]) => !Array.isArray(value));
    const answer = await fetchHandler(new Request(`http://${request.headers.host}${request.url}`, {
      method: request.method,
      headers,
      body: body.length > 0 ? body : undefined,
      signal: abort.signal,
    }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body === null) {
      response.end();
      return;
    }
    response.flushHeaders();
    Readable.fromWeb(answer.body).on('error', () => response.destroy()).pipe(response);
  }, port);
}
