// The test servers and the official clients, without Larder between them: what fails here is
// not Larder's fault.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Client as ModernClient} from '@modelcontextprotocol/client';
import {StdioClientTransport as ModernStdio} from '@modelcontextprotocol/client/stdio';
import {Client as LegacyClient} from '@modelcontextprotocol/sdk/client/index.js';
import {
  StdioClientTransport as LegacyStdio,
} from '@modelcontextprotocol/sdk/client/stdio.js';
import {ToolListChangedNotificationSchema} from '@modelcontextprotocol/sdk/types.js';

import {connectLegacy, connectModern, kFresh} from './lib/clients.mjs';
import {parseCacheStatus} from './lib/cache-status.mjs';
import {until} from './lib/poll.mjs';
import {post, modernHeaders, modernMeta} from './lib/raw.mjs';
import {
  everythingHttp,
  everythingStdio,
  legacyHttp,
  legacyStdio,
  modernHttp,
  modernStdio,
} from './lib/upstreams.mjs';

test('our modern server answers the modern client and counts what it is asked', async (t) => {
  const hints = {'tools/list': {ttlMs: 5000, cacheScope: 'public'}};
  const upstream = await modernHttp(t, {pageSize: 2, hints});
  const {client} = await connectModern(t, upstream.url);
  const {tools, ttlMs} = await client.listTools({}, kFresh);
  assert.deepEqual(tools.map(({name}) => name), upstream.catalogue.tools.map(({name}) => name));
  assert.equal(ttlMs, 5000);
  const result = await client.callTool({name: 'forecast', arguments: {city: 'Lima'}});
  assert.equal(result.content[0].text, 'fixture: Lima run 1');
  assert.equal(upstream.wire.count('tools/list'), 4);
  assert.equal(upstream.wire.count('tools/call', 'forecast'), 1);
  const {contents} = await client.readResource({uri: 'note://one'}, kFresh);
  assert.equal(contents[0].text, 'note://one run 1');
  const {messages} = await client.getPrompt({name: 'greet', arguments: {city: 'Lima'}});
  assert.equal(messages[0].content.text, 'greet: hello Lima');
  const {completion} = await client.complete(
      {ref: {type: 'ref/prompt', name: 'greet'}, argument: {name: 'city', value: 'P'}});
  assert.deepEqual(completion.values, ['Paris', 'Prague', 'Potsdam']);
});

test('our modern server asks back once and then answers', async (t) => {
  const upstream = await modernHttp(t);
  const {client} = await connectModern(
      t, upstream.url, {capabilities: {elicitation: {form: {}}}});
  client.setRequestHandler(
      'elicitation/create', () => ({action: 'accept', content: {really: true}}));
  const result = await client.callTool({name: 'ask', arguments: {}});
  assert.equal(result.content[0].text, 'asked, run 2');
});

test('our modern server tells its listeners of a changed list', async (t) => {
  const upstream = await modernHttp(t);
  const {client} = await connectModern(t, upstream.url);
  let told = 0;
  client.setNotificationHandler('notifications/tools/list_changed', () => void ++told);
  await client.listen({toolsListChanged: true});
  upstream.notify.toolsChanged();
  await until('the client is told', () => told === 1);
});

test('our legacy server answers the legacy client in a session', async (t) => {
  const upstream = await legacyHttp(t, {pageSize: 4});
  const {client} = await connectLegacy(t, upstream.url);
  const first = await client.listTools();
  assert.equal(first.tools.length, 4);
  const second = await client.listTools({cursor: first.nextCursor});
  assert.equal(second.nextCursor, undefined);
  const result = await client.callTool({name: 'forecast', arguments: {city: 'Lima'}});
  assert.equal(result.content[0].text, 'fixture: Lima run 1');
  assert.equal(upstream.wire.count('initialize'), 1);
  assert.equal(upstream.sessions.size, 1);

  let told = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void ++told);
  await until('the client opened its stream', () => upstream.streams() === 1);
  await upstream.toolsChanged();
  await until('the client is told', () => told === 1);
});

test('our legacy server does not answer a modern request', async (t) => {
  const upstream = await legacyHttp(t);
  const request = {
    jsonrpc: '2.0', id: 1, method: 'server/discover', params: {_meta: modernMeta()}};
  const answer = await post(upstream.url, request, modernHeaders('server/discover'));
  assert.equal(answer.status, 400);
});

test('server-everything answers through the counting proxy', async (t) => {
  const upstream = await everythingHttp(t);
  const {client} = await connectLegacy(t, upstream.url);
  const result = await client.callTool({name: 'echo', arguments: {message: 'hi'}});
  assert.equal(result.content[0].text, 'Echo: hi');
  assert.equal(upstream.wire.count('tools/call', 'echo'), 1);
});

const kInfo = {name: 'larder-e2e', version: '1.0.0'};

test('our modern server answers over stdio, through the tap that counts', async (t) => {
  const upstream = modernStdio(t);
  const client = new ModernClient(
      kInfo, {versionNegotiation: {mode: {pin: '2026-07-28'}}});
  await client.connect(new ModernStdio(upstream.entry));
  t.after(() => client.close());
  await client.callTool({name: 'forecast', arguments: {city: 'Lima'}});
  assert.equal(upstream.wire.count('tools/call', 'forecast'), 1);

  let told = 0;
  client.setNotificationHandler('notifications/tools/list_changed', () => void ++told);
  await client.listen({toolsListChanged: true});
  await client.callTool({name: 'announce', arguments: {}});
  await until('the client is told', () => told === 1);
});

for (const [name, start, tool] of [
  ['our legacy server', legacyStdio, 'forecast'],
  ['server-everything', everythingStdio, 'get-tiny-image'],
]) {
  test(`${name} answers over stdio, through the tap that counts`, async (t) => {
    const upstream = start(t);
    const client = new LegacyClient(kInfo);
    await client.connect(new LegacyStdio({...upstream.entry, stderr: 'ignore'}));
    t.after(() => client.close());
    await client.callTool({name: tool, arguments: {}});
    assert.equal(upstream.wire.count('initialize'), 1);
    assert.equal(upstream.wire.count('tools/call', tool), 1);
  });
}

test('a Cache-Status is read as RFC 9211 writes it', () => {
  assert.deepEqual(parseCacheStatus('larder; hit; ttl=-3'), {cache: 'larder', hit: true, ttl: -3});
  assert.deepEqual(
      parseCacheStatus('larder; fwd=uri-miss; stored; detail="a b"'),
      {cache: 'larder', fwd: 'uri-miss', stored: true, detail: 'a b'});
});
