// CACHE_TYPE chooses where the cache lives.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {runLarder, serve, writeConfig} from './lib/larder.mjs';
import {RawModern} from './lib/raw.mjs';
import {modernHttp} from './lib/upstreams.mjs';

const kHint = {ttlMs: 60_000, cacheScope: 'public'};
const kHints = {'tools/list': kHint, 'resources/read': kHint};

async function started(t, env, file = {}) {
  const upstream = await modernHttp(t, {hints: kHints});
  const entry = {...upstream.entry, trusted: true, cache: {tools: {forecast: {ttl: '5m'}}}};
  const larder = await serve(t, {mcpServers: {up: entry}, ...file}, env);
  return {upstream, anyone: new RawModern(larder.url)};
}

async function askTwice({anyone, upstream}) {
  for (let i = 0; i < 2; ++i) {
    await anyone.call('up__forecast', {city: 'Lima'});
    await anyone.ask('resources/read', {uri: 'note://one'});
  }
  return [upstream.wire.count('tools/call'), upstream.wire.count('resources/read')];
}

test('CACHE_TYPE=none never answers from the cache', async (t) => {
  const gateway = await started(t, {CACHE_TYPE: 'none'});
  assert.deepEqual(await askTwice(gateway), [2, 2]);
  for (const method of ['tools/list', 'tools/list']) {
    assert.equal((await gateway.anyone.ask(method)).cache.hit, undefined);
  }
});

for (const env of [{}, {CACHE_TYPE: 'memory'}, {CACHE_TYPE: 'memory', CACHE_PREFIX: 'staging'}]) {
  test(`${JSON.stringify(env)} caches in memory`, async (t) => {
    assert.deepEqual(await askTwice(await started(t, env)), [1, 1]);
  });
}

test('the environment wins over the file', async (t) => {
  const gateway = await started(t, {CACHE_TYPE: 'none'}, {cache: {type: 'memory'}});
  assert.deepEqual(await askTwice(gateway), [2, 2]);
});

test('the file chooses where the environment says nothing', async (t) => {
  const gateway = await started(t, {}, {cache: {type: 'none'}});
  assert.deepEqual(await askTwice(gateway), [2, 2]);
});

const kConfig = {mcpServers: {up: {url: 'http://127.0.0.1:9/mcp'}}};

for (const type of ['redis', 'database']) {
  test(`CACHE_TYPE=${type} is refused with a sentence that says it is not built in`, async (t) => {
    const args = ['serve', '--config', writeConfig(t, kConfig)];
    const {code, output} = await runLarder(t, args, {CACHE_TYPE: type, PORT: '0'});
    assert.notEqual(code, 0);
    assert.match(output, new RegExp(`${type}.*not built in`, 's'));
  });
}

test('an unknown CACHE_TYPE is refused with the ones there are', async (t) => {
  const args = ['serve', '--config', writeConfig(t, kConfig)];
  const {code, output} = await runLarder(t, args, {CACHE_TYPE: 'floppy', PORT: '0'});
  assert.notEqual(code, 0);
  for (const word of ['floppy', 'memory', 'none']) assert.match(output, new RegExp(word));
});
