// What a server of the modern era must answer to requests that break its rules.
// Source: MCP 2026-07-28 basic/transports/streamable-http, basic/versioning, basic/index.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';

import {serve} from './lib/larder.mjs';
import {RawModern, kAccept, kModern, modernHeaders, modernMeta, post} from './lib/raw.mjs';
import {Scope} from './lib/scope.mjs';
import {modernHttp} from './lib/upstreams.mjs';

// One gateway serves all tests here: none of them changes anything.
const suite = new Scope();
let url;
before(async () => {
  const upstream = await modernHttp(suite);
  url = (await serve(suite, {mcpServers: {up: upstream.entry}})).url;
});
after(() => suite.end());

function request(method, params = {}, meta = modernMeta()) {
  return {jsonrpc: '2.0', id: 'r1', method, params: {...params, _meta: meta}};
}

function isError(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json?.error?.code, code, answer.text);
  assert.equal(answer.json.jsonrpc, '2.0');
}

const kCall = {name: 'up__forecast', arguments: {city: 'Lima'}};

describe('headers that mirror the body', () => {
  const good = modernHeaders('tools/call', kCall);

  for (const [what, headers] of [
    ['another method', {...good, 'Mcp-Method': 'tools/list'}],
    ['another name', {...good, 'Mcp-Name': 'up__set_weather'}],
    ['another version', {...good, 'MCP-Protocol-Version': '2025-11-25'}],
    ['a broken base64 name', {...good, 'Mcp-Name': '=?base64?@@@?='}],
  ]) {
    test(`that say ${what} are refused`, async () => {
      isError(await post(url, request('tools/call', kCall), headers), 400, -32020);
    });
  }

  for (const missing of Object.keys(good)) {
    test(`are refused without ${missing}`, async () => {
      const {[missing]: _, ...headers} = good;
      isError(await post(url, request('tools/call', kCall), headers), 400, -32020);
    });
  }

  test('may carry the name as base64', async () => {
    const name = `=?base64?${Buffer.from(kCall.name).toString('base64')}?=`;
    const answer = await post(url, request('tools/call', kCall), {...good, 'Mcp-Name': name});
    assert.equal(answer.status, 200, answer.text);
  });

  test('may be joined by Mcp-Param headers nobody knows', async () => {
    const headers = {...good, 'Mcp-Param-Unknown': 'x'};
    assert.equal((await post(url, request('tools/call', kCall), headers)).status, 200);
  });

  test('compare their names without case', async () => {
    const headers = Object.fromEntries(
        Object.entries(good).map(([name, value]) => [name.toLowerCase(), value]));
    assert.equal((await post(url, request('tools/call', kCall), headers)).status, 200);
  });
});

describe('_meta', () => {
  for (const missing of ['protocolVersion', 'clientCapabilities']) {
    test(`without ${missing} is refused`, async () => {
      const {[`io.modelcontextprotocol/${missing}`]: _, ...meta} = modernMeta();
      const answer = await post(
          url, request('tools/list', {}, meta), modernHeaders('tools/list'));
      isError(answer, 400, -32602);
    });
  }

  test('is refused where it is missing altogether', async () => {
    const body = {jsonrpc: '2.0', id: 1, method: 'tools/list', params: {}};
    isError(await post(url, body, modernHeaders('tools/list')), 400, -32602);
  });

  test('is refused where it is no object', async () => {
    const answer = await post(url, request('tools/list', {}, 7), modernHeaders('tools/list'));
    isError(answer, 400, -32602);
  });
});

test('a version nobody speaks is refused with the ones we do', async () => {
  const version = '2099-01-01';
  const meta = {...modernMeta(), 'io.modelcontextprotocol/protocolVersion': version};
  const headers = {...modernHeaders('tools/list'), 'MCP-Protocol-Version': version};
  const answer = await post(url, request('tools/list', {}, meta), headers);
  isError(answer, 400, -32022);
  assert.ok(answer.json.error.data.supported.includes(kModern));
  assert.equal(answer.json.error.data.requested, version);
});

test('an unknown method is 404 with an error that tells it from a missing page', async () => {
  const answer = await post(url, request('tools/juggle'), modernHeaders('tools/juggle'));
  isError(answer, 404, -32601);
  assert.equal(answer.json.id, 'r1');
});

for (const gone of ['ping', 'initialize', 'resources/subscribe']) {
  test(`${gone} is no method of this era`, async () => {
    isError(await post(url, request(gone), modernHeaders(gone)), 404, -32601);
  });
}

for (const method of ['GET', 'DELETE']) {
  test(`${method} without a session is not allowed`, async () => {
    const answer = await fetch(
        url, {method, headers: {...kAccept, 'MCP-Protocol-Version': kModern}});
    assert.equal(answer.status, 405);
    assert.match(answer.headers.get('allow'), /POST/);
  });
}

test('a session id is ignored', async () => {
  const headers = {...modernHeaders('tools/list'), 'Mcp-Session-Id': 'no-such-session'};
  const answer = await post(url, request('tools/list'), headers);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('mcp-session-id'), null);
});

test('server/discover tells versions, capabilities, hints and who we are', async () => {
  const {result} = await new RawModern(url).ask('server/discover');
  assert.ok(result.supportedVersions.includes(kModern));
  for (const name of ['tools', 'resources', 'prompts', 'completions']) {
    assert.ok(result.capabilities[name], name);
  }
  assert.equal(result.resultType, 'complete');
  assert.ok(Number.isInteger(result.ttlMs) && result.ttlMs >= 0);
  assert.match(result.cacheScope, /^(public|private)$/);
  assert.equal(result._meta['io.modelcontextprotocol/serverInfo'].name, 'larder');
});

for (const [what, method, params] of [
  ['an unknown tool', 'tools/call', {name: 'up__juggle', arguments: {}}],
  ['a tool without its prefix', 'tools/call', {name: 'forecast', arguments: {}}],
  ['a tool of an unknown upstream', 'tools/call', {name: 'down__forecast', arguments: {}}],
  ['an unknown prompt', 'prompts/get', {name: 'up__juggle'}],
  ['an unknown resource', 'resources/read', {uri: 'nowhere://x'}],
  ['a tool name that is no text', 'tools/call', {name: 7}],
  ['arguments that are no object', 'tools/call', {...kCall, arguments: [1]}],
  ['an invented cursor', 'tools/list', {cursor: 'invented'}],
]) {
  test(`${what} is invalid params`, async () => {
    const answer = await post(url, request(method, params), modernHeaders(method, params));
    assert.equal(answer.json.error?.code, -32602, answer.text);
  });
}

test('a call without a name is refused', async () => {
  const answer = await post(url, request('tools/call', {}), modernHeaders('tools/call'));
  assert.equal(answer.json.error?.code, -32602, answer.text);
});

test('a notification is accepted without an answer', async () => {
  const body = {jsonrpc: '2.0', method: 'notifications/cancelled', params: {requestId: 1}};
  const answer = await post(url, body, modernHeaders('notifications/cancelled'));
  assert.equal(answer.status, 202);
  assert.equal(answer.text, '');
});

describe('a browser page', () => {
  for (const origin of ['http://evil.example', 'https://127.0.0.1.evil.example', 'null']) {
    test(`of the origin ${origin} is forbidden`, async () => {
      const headers = {...modernHeaders('tools/list'), Origin: origin};
      assert.equal((await post(url, request('tools/list'), headers)).status, 403);
    });
  }

  for (const origin of ['http://localhost:3000', 'http://127.0.0.1:8080']) {
    test(`of the origin ${origin} is welcome`, async () => {
      const headers = {...modernHeaders('tools/list'), Origin: origin};
      assert.equal((await post(url, request('tools/list'), headers)).status, 200);
    });
  }
});
