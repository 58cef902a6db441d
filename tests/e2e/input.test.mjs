// Malformed and oversized input: a precise error, and the next request is served.
import assert from 'node:assert/strict';
import net from 'node:net';
import {after, afterEach, before, test} from 'node:test';

import {serve} from './lib/larder.mjs';
import {RawLegacy, RawModern, modernHeaders, modernMeta, post} from './lib/raw.mjs';
import {Scope} from './lib/scope.mjs';
import {modernHttp} from './lib/upstreams.mjs';

const suite = new Scope();
let larder;
before(async () => {
  const upstream = await modernHttp(suite);
  larder = await serve(suite, {mcpServers: {up: upstream.entry}});
});
after(() => suite.end());
afterEach(async () => {
  const {result} = await new RawModern(larder.url).ask('tools/list');
  assert.ok(result.tools.length > 0, 'still served');
});

const kHeaders = modernHeaders('tools/list');

function bytes(...parts) {
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

for (const [what, body] of [
  ['nothing', ''],
  ['half a message', '{"jsonrpc":"2.0","id":1,"method":"tools/li'],
  ['no JSON', 'hello'],
  ['two messages', '{"jsonrpc":"2.0","id":1,"method":"ping"} {}'],
  ['invalid UTF-8', bytes('{"jsonrpc":"2.0","id":1,"method":"', [0xc3, 0x28], '"}')],
  ['half a surrogate pair', bytes('{"jsonrpc":"2.0","id":1,"method":"', [0xed, 0xa0, 0x80], '"}')],
  ['a raw NUL in a text', bytes('{"jsonrpc":"2.0","id":1,"method":"a', [0], '"}')],
]) {
  test(`${what} is a parse error`, async () => {
    const answer = await post(larder.url, body, kHeaders);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json.error.code, -32700);
    assert.equal(answer.json.id ?? null, null);
  });
}

for (const [what, body] of [
  ['a number', 1],
  ['null', null],
  ['an empty array', []],
  ['no version', {id: 1, method: 'tools/list', params: {}}],
  ['another version', {jsonrpc: '1.0', id: 1, method: 'tools/list', params: {}}],
  ['a method that is no text', {jsonrpc: '2.0', id: 1, method: 5}],
  ['no method', {jsonrpc: '2.0', id: 1}],
  ['an id that is null', {jsonrpc: '2.0', id: null, method: 'tools/list'}],
  ['an id that is an object', {jsonrpc: '2.0', id: {}, method: 'tools/list'}],
]) {
  test(`a message that is or has ${what} is an invalid request`, async () => {
    const answer = await post(larder.url, JSON.stringify(body), kHeaders);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json.error.code, -32600);
  });
}

test('params that are an array are refused', async () => {
  const body = {jsonrpc: '2.0', id: 1, method: 'tools/list', params: []};
  const answer = await post(larder.url, body, kHeaders);
  assert.equal(answer.status, 400);
  assert.ok([-32600, -32602].includes(answer.json.error.code), answer.text);
});

test('a body over the limit is 413', async () => {
  const {status} = await post(larder.url, 'x'.repeat(5 << 20), kHeaders).catch((error) => {
    // The server may answer and close before it has read everything; then fetch sees a broken
    // pipe instead of the answer, and a raw socket below reads it.
    assert.ok(error.cause, error);
    return {status: 'closed'};
  });
  assert.ok([413, 'closed'].includes(status), String(status));
});

// Sends the head of a request and reads what comes back until the server closes.
async function rawExchange(head) {
  const {hostname: host, port} = new URL(larder.url);
  const socket = net.connect({host, port: Number(port), timeout: 45_000});
  let text = '';
  socket.on('data', (data) => (text += data));
  socket.write(head);
  await new Promise((resolve, reject) => {
    socket.on('end', resolve);
    socket.on('close', resolve);
    socket.on('timeout', () => reject(new Error(`no end; read: ${text}`)));
  }).finally(() => socket.destroy());
  return text;
}

const kHead = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

test('a body announced over the limit is 413 before it is sent', async () => {
  const text = await rawExchange(
      `${kHead}Content-Length: 999999999999\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.1 413 /);
});

test('headers over the limit are 431', async () => {
  const text = await rawExchange(
      `${kHead}X-Long: ${'x'.repeat(40_000)}\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.1 431 /);
});

for (const [what, head] of [
  ['no HTTP at all', 'hello there\r\n\r\n'],
  ['two lengths', `${kHead}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
  ['a length that is no number', `${kHead}Content-Length: -2\r\n\r\n`],
  ['a length and chunks',
    `${kHead}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
]) {
  test(`${what} is a bad request and ends the connection`, async () => {
    assert.match(await rawExchange(head), /^HTTP\/1\.[01] 400 /);
  });
}

test('nesting deeper than any sane argument is refused', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"up__forecast",` +
      `"arguments":{"nested":{"a":${deep}}},"_meta":${JSON.stringify(modernMeta())}}}`;
  const answer = await post(
      larder.url, body, modernHeaders('tools/call', {name: 'up__forecast'}));
  assert.equal(answer.status, 400);
  assert.ok([-32700, -32600, -32602].includes(answer.json.error.code), answer.text);
});

test('duplicate members are refused, for two readers might read two things', async () => {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{}}';
  const answer = await post(larder.url, body, kHeaders);
  assert.equal(answer.status, 400);
});

test('ids of any allowed kind come back as they were sent', async () => {
  const session = await RawLegacy.open(larder.url);
  for (const id of ['"a\\"b\\u00e9"', '0', '-1', '9007199254740993', '"' + 'x'.repeat(500) + '"']) {
    const answer = await session.post(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
    assert.ok(
        answer.text.includes(`"id":${id}`) || answer.json.id === JSON.parse(id), answer.text);
  }
});

test('texts of any script pass through to the tool and back', async () => {
  const city = '東京 🗼 "Zürich"\\\n\u2028 مدينة';
  const answer = await new RawModern(larder.url).call('up__forecast', {city});
  assert.ok(answer.result.content[0].text.includes(city));
});

test('an unknown path is 404', async () => {
  const answer = await fetch(`${larder.origin}/nowhere`);
  assert.equal(answer.status, 404);
});
