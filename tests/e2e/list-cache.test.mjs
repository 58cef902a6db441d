// Lists and reads follow the upstream's ttlMs and cacheScope, or the configured ttl where the
// upstream gives no hint.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {serve} from './lib/larder.mjs';
import {until} from './lib/poll.mjs';
import {RawLegacy, RawModern} from './lib/raw.mjs';
import {legacyHttp, legacyStdio, modernHttp, modernStdio} from './lib/upstreams.mjs';

const kLists = ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'];

async function gateway(t, options, cache = {}) {
  const upstream = await modernHttp(t, options);
  const larder = await serve(t, {mcpServers: {up: {...upstream.entry, cache}}});
  return {upstream, wire: upstream.wire, larder, anyone: new RawModern(larder.url)};
}

for (const method of [...kLists, 'resources/read']) {
  const params = method === 'resources/read' ? {uri: 'note://one'} : {};

  test(`${method} is answered from the cache with the ttl that remains`, async (t) => {
    const hints = {[method]: {ttlMs: 60_000, cacheScope: 'public'}};
    const {anyone, wire} = await gateway(t, {hints});
    const first = await anyone.ask(method, params);
    assert.ok(first.result.ttlMs <= 60_000 && first.result.ttlMs > 0, first.text);
    assert.equal(first.result.cacheScope, 'public');
    assert.equal(first.result.resultType, 'complete');
    await until('the remaining ttl has shrunk', async () => {
      const {result, cache} = await anyone.ask(method, params);
      assert.equal(cache.hit, true);
      assert.ok(cache.ttl <= 60 && cache.ttl >= 0);
      return result.ttlMs < first.result.ttlMs;
    });
    assert.equal(wire.count(method), 1);
  });

  test(`${method} with ttl 0 goes to the upstream every time`, async (t) => {
    const hints = {[method]: {ttlMs: 0, cacheScope: 'public'}};
    const {anyone, wire} = await gateway(t, {hints}, {lists: {ttl: '60s'}, reads: {ttl: '60s'}});
    for (let i = 0; i < 2; ++i) {
      const before = wire.count(method);
      const {result, cache} = await anyone.ask(method, params);
      assert.equal(result.ttlMs, 0);
      assert.equal(cache.hit, undefined);
      assert.ok(wire.count(method) > before);
    }
  });

  test(`a private ${method} is not given to another principal`, async (t) => {
    const hints = {[method]: {ttlMs: 60_000, cacheScope: 'private'}};
    const {larder} = await gateway(t, {hints});
    const ann = new RawModern(larder.url, {authorization: 'Bearer ann'});
    const bob = new RawModern(larder.url, {authorization: 'Bearer bob'});
    assert.equal((await ann.ask(method, params)).result.cacheScope, 'private');
    assert.equal((await bob.ask(method, params)).cache.hit, undefined);
    assert.equal((await ann.ask(method, params)).cache.hit, true);
    assert.equal((await bob.ask(method, params)).cache.hit, true);
  });

  test(`a public ${method} is given to everybody`, async (t) => {
    const hints = {[method]: {ttlMs: 60_000, cacheScope: 'public'}};
    const {larder, wire} = await gateway(t, {hints});
    for (const authorization of ['Bearer ann', 'Bearer bob', undefined]) {
      await new RawModern(larder.url, {authorization}).ask(method, params);
    }
    assert.equal(wire.count(method), 1);
  });
}

test('each resource has its own ttl', async (t) => {
  const hints = {
    'note://one': {ttlMs: 60_000, cacheScope: 'public'},
    'note://two': {ttlMs: 0, cacheScope: 'public'},
  };
  const {anyone, wire} = await gateway(t, {hints});
  for (let i = 0; i < 2; ++i) {
    for (const id of ['one', 'two']) await anyone.ask('resources/read', {uri: `note://${id}`});
  }
  assert.equal(wire.count('resources/read', 'note://one'), 1);
  assert.equal(wire.count('resources/read', 'note://two'), 2);
});

test('each page of a list is stored', async (t) => {
  const hints = {'tools/list': {ttlMs: 60_000, cacheScope: 'public'}};
  const {anyone, upstream, wire} = await gateway(t, {pageSize: 3, hints});
  const pages = Math.ceil(upstream.catalogue.tools.length / 3);
  for (let round = 0; round < 2; ++round) {
    let walked = 0;
    for (let cursor; ; ++walked) {
      const answer = await anyone.ask('tools/list', cursor === undefined ? {} : {cursor});
      if (round > 0) assert.equal(answer.cache.hit, true);
      cursor = answer.result.nextCursor;
      if (cursor === undefined) break;
    }
    assert.equal(walked + 1, pages);
  }
  assert.equal(wire.count('tools/list'), pages);
});

for (const [members, expected] of [
  [[{ttlMs: 60_000, cacheScope: 'public'}, {ttlMs: 30_000, cacheScope: 'public'}],
    {ttlMs: 30_000, cacheScope: 'public'}],
  [[{ttlMs: 60_000, cacheScope: 'private'}, {ttlMs: 30_000, cacheScope: 'public'}],
    {ttlMs: 30_000, cacheScope: 'private'}],
  [[{ttlMs: 60_000, cacheScope: 'public'}, {ttlMs: 0, cacheScope: 'private'}],
    {ttlMs: 0, cacheScope: 'private'}],
]) {
  const [one, two] = members.map(({ttlMs, cacheScope}) => `${ttlMs} ms ${cacheScope}`);
  test(`a list merged of ${one} and ${two} is the minimum and the most private`, async (t) => {
    const mcpServers = {};
    for (const [index, hint] of members.entries()) {
      const hints = {'tools/list': hint};
      mcpServers[`up${index}`] = (await modernHttp(t, {hints})).entry;
    }
    const anyone = new RawModern((await serve(t, {mcpServers})).url);
    for (let i = 0; i < 2; ++i) {
      const {result} = await anyone.ask('tools/list');
      assert.equal(result.cacheScope, expected.cacheScope);
      assert.ok(result.ttlMs <= expected.ttlMs && result.ttlMs > expected.ttlMs / 2 - 1);
    }
  });
}

test('a legacy upstream\'s lists and reads live for the configured ttl', async (t) => {
  const upstream = await legacyHttp(t);
  const cache = {lists: {ttl: '60s'}, reads: {ttl: '50s'}};
  const larder = await serve(t, {mcpServers: {up: {...upstream.entry, cache}}});
  const anyone = new RawModern(larder.url);
  for (const method of [...kLists, 'resources/read']) {
    const params = method === 'resources/read' ? {uri: 'note://one'} : {};
    const ttl = method === 'resources/read' ? 50_000 : 60_000;
    const {result} = await anyone.ask(method, params);
    assert.ok(result.ttlMs <= ttl && result.ttlMs > ttl / 2, `${method}: ${result.ttlMs}`);
    assert.equal((await anyone.ask(method, params)).cache.hit, true);
    assert.equal(upstream.wire.count(method), 1);
  }
});

test('a legacy client gets lists without the modern hints', async (t) => {
  const {larder} = await gateway(t, {hints: {'tools/list': {ttlMs: 60_000, cacheScope: 'public'}}});
  const session = await RawLegacy.open(larder.url);
  const {result} = await session.ask('tools/list');
  for (const member of ['ttlMs', 'cacheScope', 'resultType']) {
    assert.equal(result[member], undefined);
  }
  assert.equal((await session.ask('tools/list')).cache.hit, true);
});

// Adds a tool and waits until the gateway lists it, though the list was good for a minute.
async function sees(anyone, announce) {
  const names = async () => (await anyone.ask('tools/list')).result.tools.map(({name}) => name);
  assert.ok(!(await names()).includes('up__added'));
  await announce();
  await until('the new tool is listed', async () => (await names()).includes('up__added'));
}

const kAdded = {name: 'added', inputSchema: {type: 'object'}};
const kMinute = {hints: {'tools/list': {ttlMs: 60_000, cacheScope: 'public'}}};

test('list_changed from a modern upstream drops its stored list', async (t) => {
  const {anyone, upstream} = await gateway(t, kMinute);
  await anyone.ask('tools/list');
  await until('the gateway listens', () => upstream.listeners() > 0);
  await sees(anyone, () => {
    upstream.catalogue.tools.push(kAdded);
    upstream.notify.toolsChanged();
  });
});

test('list_changed from a legacy upstream drops its stored list', async (t) => {
  const upstream = await legacyHttp(t);
  const cache = {lists: {ttl: '60s'}};
  const larder = await serve(t, {mcpServers: {up: {...upstream.entry, cache}}});
  const anyone = new RawModern(larder.url);
  await anyone.ask('tools/list');
  await until('the gateway opened its stream', () => upstream.streams() > 0);
  await sees(anyone, async () => {
    upstream.catalogue.tools.push(kAdded);
    await upstream.toolsChanged();
  });
});

for (const [era, start] of [['modern', modernStdio], ['legacy', legacyStdio]]) {
  test(`list_changed from a ${era} stdio server drops its stored list`, async (t) => {
    const upstream = start(t, kMinute);
    const cache = {lists: {ttl: '60s'}};
    const larder = await serve(t, {mcpServers: {up: {...upstream.entry, cache}}});
    const anyone = new RawModern(larder.url);
    await anyone.ask('tools/list');
    if (era === 'modern') {
      await until('the gateway listens', () => upstream.wire.count('subscriptions/listen') > 0);
    }
    await sees(anyone, () => anyone.call('up__announce'));
  });
}
