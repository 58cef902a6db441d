// Requests written by hand, for what no well-behaved client sends.
import assert from 'node:assert/strict';

import {cacheStatus} from './cache-status.mjs';

export const kModern = '2026-07-28';
export const kLegacy = '2025-11-25';
const kMeta = 'io.modelcontextprotocol/';

export const kAccept = {Accept: 'application/json, text/event-stream'};

// POSTs `body` (text, bytes, or a value to be written as JSON): {status, headers, text, json}.
export async function post(url, body, headers = {}) {
  const ready = typeof body === 'string' || body instanceof Uint8Array;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', ...kAccept, ...headers},
    body: ready ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return {status: answer.status, headers: answer.headers, text, json: readJson(answer, text)};
}

// The JSON of the answer, of a JSON body or of an event stream's last message.
function readJson(answer, text) {
  const type = answer.headers.get('content-type') ?? '';
  if (type.startsWith('application/json')) return JSON.parse(text);
  if (!type.startsWith('text/event-stream')) return undefined;
  const data = text.split('\n').filter((line) => line.startsWith('data:'));
  return JSON.parse(data.at(-1).slice('data:'.length));
}

export function modernMeta(capabilities = {}) {
  return {
    [`${kMeta}protocolVersion`]: kModern,
    [`${kMeta}clientInfo`]: {name: 'larder-e2e', version: '1.0.0'},
    [`${kMeta}clientCapabilities`]: capabilities,
  };
}

// As it is where a header can hold it, else in the base64 of the specification.
function headerValue(text) {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  return `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

export function modernHeaders(method, params = {}) {
  const name = params.name ?? params.uri;
  return {
    'MCP-Protocol-Version': kModern,
    'Mcp-Method': headerValue(method),
    ...(name === undefined ? {} : {'Mcp-Name': headerValue(String(name))}),
  };
}

let nextId = 1;

// A modern client without an SDK: ask(method, params) answers {result, error, status, cache}.
export class RawModern {
  constructor(url, {authorization, capabilities} = {}) {
    this.url = url;
    this.headers = authorization === undefined ? {} : {Authorization: authorization};
    this.meta = modernMeta(capabilities);
  }

  async ask(method, params = {}) {
    const id = nextId++;
    const request = {jsonrpc: '2.0', id, method, params: {...params, _meta: this.meta}};
    const headers = {...modernHeaders(method, params), ...this.headers};
    const answer = await post(this.url, request, headers);
    assert.equal(answer.json?.id, id, `the answer has another id: ${answer.text}`);
    const {result, error} = answer.json;
    return {...answer, result, error, cache: cacheStatus(answer.headers)};
  }

  call(name, args = {}) {
    return this.ask('tools/call', {name, arguments: args});
  }
}

// A legacy session without an SDK, of any of the legacy revisions.
export class RawLegacy {
  static async open(url, version = kLegacy, {authorization} = {}) {
    const auth = authorization === undefined ? {} : {Authorization: authorization};
    const params = {
      protocolVersion: version,
      capabilities: {},
      clientInfo: {name: 'larder-e2e', version: '1.0.0'},
    };
    const answer = await post(url, {jsonrpc: '2.0', id: 0, method: 'initialize', params}, auth);
    assert.equal(answer.status, 200, answer.text);
    const session = new RawLegacy(url, answer, auth);
    const ready = await session.post({jsonrpc: '2.0', method: 'notifications/initialized'});
    assert.equal(ready.status, 202);
    return session;
  }

  constructor(url, answer, auth) {
    this.url = url;
    this.initialized = answer.json.result;
    this.id = answer.headers.get('mcp-session-id');
    this.headers = {
      ...auth,
      'Mcp-Session-Id': this.id,
      'MCP-Protocol-Version': this.initialized.protocolVersion,
    };
  }

  post(body, headers = {}) {
    return post(this.url, body, {...this.headers, ...headers});
  }

  async ask(method, params = {}) {
    const answer = await this.post({jsonrpc: '2.0', id: nextId++, method, params});
    const {result, error} = answer.json;
    return {...answer, result, error, cache: cacheStatus(answer.headers)};
  }

  call(name, args = {}) {
    return this.ask('tools/call', {name, arguments: args});
  }
}

export function textOf(result) {
  assert.ok(result !== undefined, 'there is no result');
  return result.content[0].text;
}
