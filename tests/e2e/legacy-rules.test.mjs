// Sessions, versions and batches of the legacy era.
// Source: MCP 2025-11-25, 2025-06-18 and 2025-03-26, basic/transports and basic/lifecycle.
import assert from 'node:assert/strict';
import {after, before, describe, test} from 'node:test';

import {serve} from './lib/larder.mjs';
import {RawLegacy, kAccept, kLegacy, post} from './lib/raw.mjs';
import {Scope} from './lib/scope.mjs';
import {modernHttp} from './lib/upstreams.mjs';

const suite = new Scope();
let url;
before(async () => {
  const upstream = await modernHttp(suite);
  url = (await serve(suite, {mcpServers: {up: upstream.entry}})).url;
});
after(() => suite.end());

const kList = {jsonrpc: '2.0', id: 1, method: 'tools/list', params: {}};
const kVersion = {'MCP-Protocol-Version': kLegacy};

for (const version of ['2025-11-25', '2025-06-18', '2025-03-26']) {
  test(`a client of ${version} gets its version and is served in a session`, async () => {
    const session = await RawLegacy.open(url, version);
    assert.equal(session.initialized.protocolVersion, version);
    assert.equal(session.initialized.serverInfo.name, 'larder');
    assert.match(session.id, /^[\x21-\x7e]{16,}$/);
    const {result} = await session.call('up__forecast', {city: 'Lima'});
    assert.match(result.content[0].text, /Lima/);
    assert.deepEqual((await session.ask('ping')).result, {});
  });
}

for (const version of ['2024-11-05', '2099-01-01', '2026-07-28']) {
  test(`initialize with ${version} is answered with the newest legacy version`, async () => {
    const session = await RawLegacy.open(url, version);
    assert.equal(session.initialized.protocolVersion, kLegacy);
  });
}

test('every session has another id', async () => {
  const sessions = await Promise.all(Array.from({length: 8}, () => RawLegacy.open(url)));
  assert.equal(new Set(sessions.map(({id}) => id)).size, 8);
});

test('a request without a session is refused', async () => {
  const answer = await post(url, kList, kVersion);
  assert.equal(answer.status, 400);
  assert.ok(answer.json.error.message);
});

test('a request in an unknown session is 404, so the client opens a new one', async () => {
  const answer = await post(url, kList, {...kVersion, 'Mcp-Session-Id': 'no-such-session'});
  assert.equal(answer.status, 404);
});

test('DELETE ends the session', async () => {
  const session = await RawLegacy.open(url);
  const ended = await fetch(url, {method: 'DELETE', headers: session.headers});
  assert.ok(ended.ok, String(ended.status));
  assert.equal((await session.post(kList)).status, 404);
  assert.equal((await fetch(url, {method: 'DELETE', headers: session.headers})).status, 404);
});

test('DELETE without a session is refused', async () => {
  const answer = await fetch(url, {method: 'DELETE', headers: kVersion});
  assert.ok([400, 405].includes(answer.status), String(answer.status));
});

test('a session of one principal is unknown to another', async () => {
  const session = await RawLegacy.open(url, kLegacy, {authorization: 'Bearer ann'});
  const answer = await session.post(kList, {Authorization: 'Bearer bob'});
  assert.equal(answer.status, 404);
});

test('an MCP-Protocol-Version we do not speak is refused', async () => {
  const session = await RawLegacy.open(url);
  const answer = await session.post(kList, {'MCP-Protocol-Version': '1999-01-01'});
  assert.equal(answer.status, 400);
});

test('a request without MCP-Protocol-Version is taken in', async () => {
  const session = await RawLegacy.open(url, '2025-03-26');
  const answer = await post(url, kList, {'Mcp-Session-Id': session.id});
  assert.equal(answer.status, 200);
  assert.ok(answer.json.result.tools.length > 0);
});

test('an unknown method is an error of JSON-RPC, not of HTTP', async () => {
  const session = await RawLegacy.open(url);
  const answer = await session.ask('tools/juggle');
  assert.equal(answer.status, 200);
  assert.equal(answer.error.code, -32601);
});

test('an unknown resource has the error of this era', async () => {
  const session = await RawLegacy.open(url);
  assert.equal((await session.ask('resources/read', {uri: 'nowhere://x'})).error.code, -32002);
});

test('a notification is accepted without an answer', async () => {
  const session = await RawLegacy.open(url);
  const answer = await session.post({jsonrpc: '2.0', method: 'notifications/roots/list_changed'});
  assert.equal(answer.status, 202);
  assert.equal(answer.text, '');
});

test('GET either opens a stream of events or is not allowed', async () => {
  const session = await RawLegacy.open(url);
  const answer = await fetch(
      url, {headers: {...session.headers, Accept: 'text/event-stream'}});
  assert.ok([200, 405].includes(answer.status), String(answer.status));
  if (answer.status === 200) {
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  }
  await answer.body?.cancel();
});

describe('a batch', () => {
  const ping = (id) => ({jsonrpc: '2.0', id, method: 'ping'});
  const note = {jsonrpc: '2.0', method: 'notifications/cancelled', params: {requestId: 9}};

  test('is answered in 2025-03-26, one answer for each request', async () => {
    const session = await RawLegacy.open(url, '2025-03-26');
    const answer = await session.post([ping(1), note, {...kList, id: 2}, ping('three')]);
    assert.equal(answer.status, 200);
    const ids = answer.json.map(({id}) => id);
    assert.deepEqual(new Set(ids), new Set([1, 2, 'three']));
  });

  test('of notifications alone is accepted without an answer', async () => {
    const session = await RawLegacy.open(url, '2025-03-26');
    const answer = await session.post([note, note]);
    assert.equal(answer.status, 202);
    assert.equal(answer.text, '');
  });

  test('without members is an invalid request', async () => {
    const session = await RawLegacy.open(url, '2025-03-26');
    const answer = await session.post([]);
    assert.equal(answer.status, 400);
    assert.equal(answer.json.error.code, -32600);
  });

  for (const version of ['2025-06-18', '2025-11-25']) {
    test(`is an invalid request in ${version}`, async () => {
      const session = await RawLegacy.open(url, version);
      const answer = await session.post([ping(1)]);
      assert.equal(answer.status, 400);
      assert.equal(answer.json.error.code, -32600);
    });
  }
});

test('the accept header of old clients, JSON alone, is enough', async () => {
  const session = await RawLegacy.open(url);
  const answer = await session.post(ping(), {...kAccept, Accept: '*/*'});
  assert.equal(answer.status, 200);
});

function ping() {
  return {jsonrpc: '2.0', id: 5, method: 'ping'};
}
