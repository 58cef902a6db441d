// What happens between a call and its answer: writes, leaving clients, dying upstreams.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {listen, readBody} from './lib/http.mjs';
import {serve} from './lib/larder.mjs';
import {until} from './lib/poll.mjs';
import {RawModern, kModern, modernHeaders, textOf} from './lib/raw.mjs';
import {legacyHttp, modernHttp} from './lib/upstreams.mjs';

const kSlow = {slow: {ttl: '5m'}};

async function gateway(t, tools = kSlow, start = modernHttp) {
  const upstream = await start(t);
  const larder = await serve(t, {mcpServers: {up: {...upstream.entry, cache: {tools}}}});
  const anyone = new RawModern(larder.url);
  await anyone.ask('tools/list');
  return {upstream, larder, anyone, wire: upstream.wire};
}

test('a result that was on its way when a write came is not served after it', async (t) => {
  const {anyone, wire} = await gateway(t);
  const reading = anyone.call('up__slow', {ms: 1_000});
  await until('the read is upstream', () => wire.count('tools/call', 'slow') === 1);
  await anyone.call('up__set_weather', {city: 'Lima'});
  await reading;
  const after = await anyone.call('up__slow', {ms: 1_000});
  assert.equal(after.cache.hit, undefined);
  assert.equal(textOf(after.result), 'slow run 2');
});

test('a reader who comes after a write does not share a load from before it', async (t) => {
  const {anyone, wire} = await gateway(t);
  const before = anyone.call('up__slow', {ms: 1_500});
  await until('the read is upstream', () => wire.count('tools/call', 'slow') === 1);
  await anyone.call('up__set_weather', {city: 'Lima'});
  const after = await anyone.call('up__slow', {ms: 1_500});
  assert.equal(textOf(after.result), 'slow run 2');
  assert.equal(textOf((await before).result), 'slow run 1');
});

test('a client that leaves does not take the answer from those who wait with it', async (t) => {
  const {anyone, larder, wire} = await gateway(t);
  const leaving = new AbortController();
  const params = {name: 'up__slow', arguments: {ms: 5_000}};
  const sent = {...params, _meta: anyone.meta};
  const left = fetch(larder.url, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', ...modernHeaders('tools/call', params)},
    body: JSON.stringify({jsonrpc: '2.0', id: 1, method: 'tools/call', params: sent}),
    signal: leaving.signal,
  });
  await until('the call is upstream', () => wire.count('tools/call', 'slow') === 1);
  const staying = anyone.call('up__slow', {ms: 5_000});
  await until('the second waits with the first', async () => {
    return /^larder_cache_coalesced_total\{cache="results"\} 1$/m.test(await larder.metrics());
  });
  leaving.abort();
  await assert.rejects(left, {name: 'AbortError'});
  assert.equal(textOf((await staying).result), 'slow run 1');
  assert.equal(wire.count('tools/call', 'slow'), 1);
});

test('principals do not share a private load', async (t) => {
  const {larder, wire} = await gateway(t);
  const principals = ['Bearer ann', 'Bearer bob'].map(
      (authorization) => new RawModern(larder.url, {authorization}));
  const answers = await Promise.all(principals.map((who) => who.call('up__slow', {ms: 300})));
  assert.equal(wire.count('tools/call', 'slow'), 2);
  assert.equal(new Set(answers.map(({result}) => textOf(result))).size, 2);
});

test('a call whose upstream dies under it is an error, and was sent once', async (t) => {
  const {anyone, upstream, wire} = await gateway(t, {});
  const running = anyone.call('up__slow', {ms: 10_000});
  await until('the call is upstream', () => wire.count('tools/call', 'slow') === 1);
  await upstream.close();
  assert.equal((await running).error.code, 1001);
  assert.equal(wire.count('tools/call', 'slow'), 1);
});

test('a call that takes longer than its deadline is an error', async (t) => {
  const upstream = await modernHttp(t);
  const entry = {...upstream.entry, limits: {call_timeout: '300ms'}};
  const larder = await serve(t, {mcpServers: {up: entry}});
  const anyone = new RawModern(larder.url);
  await anyone.ask('tools/list');
  const {error} = await anyone.call('up__slow', {ms: 20_000});
  assert.equal(error.code, 1002);
  assert.ok((await anyone.call('up__forecast', {city: 'Lima'})).result, 'still served');
});

test('a legacy upstream that forgot our session gets a new one', async (t) => {
  const {anyone, upstream} = await gateway(t, {}, legacyHttp);
  const [[id, {transport}]] = upstream.sessions;
  await transport.close();
  upstream.sessions.delete(id);
  await until('a call is answered again', async () => {
    const {result} = await anyone.call('up__forecast', {city: 'Lima'});
    return result !== undefined;
  });
  assert.equal(upstream.wire.count('initialize'), 2);
});

// An upstream that answers server/discover and tools/list well, and tools/call as told.
async function odd(t, answer) {
  const tools = [{name: 'odd', inputSchema: {type: 'object'}}];
  const well = {
    'server/discover': {supportedVersions: [kModern], capabilities: {tools: {}}},
    'tools/list': {tools},
  };
  const server = await listen(t, async (request, response) => {
    const message = JSON.parse((await readBody(request)).toString());
    const result = well[message.method];
    if (result === undefined && message.method !== 'tools/call') {
      response.writeHead(404, {'Content-Type': 'application/json'}).end(JSON.stringify(
          {jsonrpc: '2.0', id: message.id, error: {code: -32601, message: 'no such method'}}));
    } else if (result === undefined) {
      answer(message, response);
    } else {
      const full = {resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...result};
      response.writeHead(200, {'Content-Type': 'application/json'}).end(
          JSON.stringify({jsonrpc: '2.0', id: message.id, result: full}));
    }
  });
  const cache = {tools: {odd: {ttl: '5m'}}};
  const larder = await serve(t, {mcpServers: {up: {url: server.url, cache}}});
  return new RawModern(larder.url);
}

function json(status, write) {
  return (message, response) =>
    response.writeHead(status, {'Content-Type': 'application/json'}).end(write(message));
}

for (const [what, answer] of [
  ['no JSON', json(200, () => 'hello')],
  ['half an answer', json(200, ({id}) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"resu`)],
  ['another id', json(200, () => '{"jsonrpc":"2.0","id":"other","result":{}}')],
  ['a result that is a list',
    json(200, ({id}) => JSON.stringify({jsonrpc: '2.0', id, result: []}))],
  ['500', json(500, () => 'boom')],
  ['401', json(401, () => '')],
  ['a redirect', (message, response) => response.writeHead(302, {Location: 'http://x/'}).end()],
  ['nothing, and hangs up', (message, response) => response.destroy()],
  ['half of what it announced', (message, response) => {
    response.writeHead(200, {'Content-Type': 'application/json', 'Content-Length': 999});
    response.write('{"jsonrpc"', () => response.destroy());
  }],
  ['an event stream that ends early', (message, response) =>
    response.writeHead(200, {'Content-Type': 'text/event-stream'}).end(': nothing\n\n')],
]) {
  test(`an upstream that answers ${what} is an error of ours that names it`, async (t) => {
    const anyone = await odd(t, answer);
    for (let i = 0; i < 2; ++i) {
      const {error, cache} = await anyone.call('up__odd');
      assert.ok(error.message.includes('up'), error.message);
      assert.ok(!error.message.includes('hello') && !error.message.includes('boom'));
      assert.equal(cache.stored, undefined);
      assert.equal(cache.hit, undefined);
    }
  });
}

test('an event stream with notifications before the answer is read to the answer', async (t) => {
  const anyone = await odd(t, (message, response) => {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    const event = (data) => `event: message\r\ndata: ${JSON.stringify(data)}\r\n\r\n`;
    response.write(': keep-alive\n\n');
    const params = {progressToken: 1, progress: 1};
    response.write(event({jsonrpc: '2.0', method: 'notifications/progress', params}));
    const result = {resultType: 'complete', content: [{type: 'text', text: 'streamed'}]};
    response.end(event({jsonrpc: '2.0', id: message.id, result}));
  });
  assert.equal(textOf((await anyone.call('up__odd')).result), 'streamed');
  assert.equal((await anyone.call('up__odd')).cache.hit, true);
});

test('a large result passes, and one over the limit is an error', async (t) => {
  const anyone = await odd(t, json(200, ({id, params}) => {
    const content = [{type: 'text', text: 'x'.repeat(params.arguments.bytes)}];
    return JSON.stringify({jsonrpc: '2.0', id, result: {resultType: 'complete', content}});
  }));
  const large = await anyone.call('up__odd', {bytes: 3 << 20});
  assert.equal(textOf(large.result).length, 3 << 20);
  assert.equal((await anyone.call('up__odd', {bytes: 3 << 20})).cache.hit, true);
  const unstored = await anyone.call('up__odd', {bytes: 5 << 20});
  assert.equal(textOf(unstored.result).length, 5 << 20);
  assert.equal(unstored.cache.stored, undefined);
  const over = await anyone.call('up__odd', {bytes: 17 << 20});
  assert.ok(over.error);
  assert.ok((await anyone.call('up__odd', {bytes: 1})).result, 'still served');
});

test('a task is passed on and never stored', async (t) => {
  const createdAt = '2026-01-01T00:00:00Z';
  const result = {resultType: 'task', taskId: 't1', status: 'working', createdAt};
  const anyone = await odd(t, json(200, ({id}) => JSON.stringify({jsonrpc: '2.0', id, result})));
  for (let i = 0; i < 2; ++i) {
    const {cache} = await anyone.call('up__odd');
    assert.equal(cache.stored, undefined);
    assert.equal(cache.hit, undefined);
  }
});
