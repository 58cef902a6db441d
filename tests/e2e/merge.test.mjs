// Several upstreams as one catalogue.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {listen} from './lib/http.mjs';
import {runLarder, serve, writeConfig} from './lib/larder.mjs';
import {RawModern, textOf} from './lib/raw.mjs';
import {legacyHttp, modernHttp, modernStdio} from './lib/upstreams.mjs';

const kDead = {url: 'http://127.0.0.1:9/mcp'};

function names(answer) {
  return answer.result.tools.map(({name}) => name);
}

test('two upstreams are one catalogue, and each call reaches its own', async (t) => {
  const sun = await modernHttp(t, {name: 'sun'});
  const rain = await legacyHttp(t, {name: 'rain', resourcePrefix: 'memo'});
  const larder = await serve(t, {mcpServers: {sun: sun.entry, rain: rain.entry}});
  const anyone = new RawModern(larder.url);
  const listed = names(await anyone.ask('tools/list'));
  assert.equal(listed.length, sun.catalogue.tools.length + rain.catalogue.tools.length);
  assert.equal(new Set(listed).size, listed.length);

  assert.match(textOf((await anyone.call('sun__forecast', {city: 'Lima'})).result), /^sun: Lima/);
  assert.match(textOf((await anyone.call('rain__forecast', {city: 'Lima'})).result), /^rain: Lima/);
  assert.equal(sun.wire.count('tools/call', 'forecast'), 1);
  assert.equal(rain.wire.count('tools/call', 'forecast'), 1);

  await anyone.ask('resources/read', {uri: 'note://one'});
  await anyone.ask('resources/read', {uri: 'memo://one'});
  await anyone.ask('resources/read', {uri: 'memo://from-the-template'});
  assert.equal(sun.wire.count('resources/read'), 1);
  assert.equal(rain.wire.count('resources/read'), 2);
});

test('a list is in the same order every time', async (t) => {
  const [one, two] = [await modernHttp(t), await modernHttp(t, {resourcePrefix: 'memo'})];
  const larder = await serve(t, {mcpServers: {one: one.entry, two: two.entry}});
  const anyone = new RawModern(larder.url);
  const first = names(await anyone.ask('tools/list'));
  for (let i = 0; i < 5; ++i) assert.deepEqual(names(await anyone.ask('tools/list')), first);
});

test('a dead upstream is left out and told of', async (t) => {
  const living = await modernHttp(t);
  const larder = await serve(t, {mcpServers: {living: living.entry, dead: kDead}});
  const anyone = new RawModern(larder.url);
  const listed = names(await anyone.ask('tools/list'));
  assert.equal(listed.length, living.catalogue.tools.length);
  assert.ok(listed.every((name) => name.startsWith('living__')));

  const {json} = await larder.health();
  assert.equal(json.status, 'degraded');
  assert.equal(json.upstreams.living.state, 'ready');
  assert.notEqual(json.upstreams.dead.state, 'ready');
  assert.match(json.upstreams.dead.error, /127\.0\.0\.1:9|refused/);
  const {error} = await anyone.call('dead__anything');
  assert.ok(error.message.includes('dead'), error.message);
});

test('a list with a dead member is not good for as long as a whole one', async (t) => {
  const hints = {'tools/list': {ttlMs: 60_000, cacheScope: 'public'}};
  const living = await modernHttp(t, {hints});
  const larder = await serve(t, {mcpServers: {living: living.entry, dead: kDead}});
  const {result} = await new RawModern(larder.url).ask('tools/list');
  assert.equal(result.ttlMs, 0);
});

test('an upstream that never answers does not hold up the list for longer than the deadline',
    async (t) => {
      const living = await modernHttp(t);
      const silent = await listen(t, () => new Promise(() => {}));
      const limits = {handshake_timeout: '500ms', call_timeout: '500ms'};
      const mcpServers = {living: living.entry, silent: {url: silent.url, limits}};
      const larder = await serve(t, {mcpServers});
      const began = Date.now();
      const listed = names(await new RawModern(larder.url).ask('tools/list'));
      assert.equal(listed.length, living.catalogue.tools.length);
      assert.ok(Date.now() - began < 9_000, `${Date.now() - began} ms`);
    });

test('a lone upstream may keep its names', async (t) => {
  const upstream = await modernHttp(t);
  const larder = await serve(t, {mcpServers: {up: {...upstream.entry, prefix: false}}});
  const anyone = new RawModern(larder.url);
  assert.ok(names(await anyone.ask('tools/list')).includes('forecast'));
  assert.match(textOf((await anyone.call('forecast', {city: 'Lima'})).result), /Lima/);
  assert.ok((await anyone.ask('prompts/get', {name: 'greet', arguments: {city: 'Lima'}})).result);
});

for (const [kind, start] of [['HTTP', modernHttp], ['stdio', modernStdio]]) {
  test(`two upstreams over ${kind} that keep equal names are refused at start`, async (t) => {
    const [alpha, beta] = [await start(t), await start(t)];
    const config = {
      mcpServers: {
        alpha: {...alpha.entry, prefix: false},
        beta: {...beta.entry, prefix: false},
      },
    };
    const {code, output} = await runLarder(
        t, ['serve', '--config', writeConfig(t, config)], {PORT: '0'});
    assert.notEqual(code, 0);
    for (const word of ['alpha', 'beta', 'forecast']) assert.match(output, new RegExp(word));
  });
}

// All pages of a list: [items of page 1, items of page 2, ...].
async function pages(anyone, method, member) {
  const all = [];
  for (let cursor; all.length < 50;) {
    const {result, error} = await anyone.ask(method, cursor === undefined ? {} : {cursor});
    assert.equal(error, undefined);
    all.push(result[member]);
    cursor = result.nextCursor;
    if (cursor === undefined) return all;
  }
  return assert.fail('the list does not end');
}

test('paging through a merged list gets everything once', async (t) => {
  const one = await modernHttp(t, {pageSize: 2});
  const two = await legacyHttp(t, {pageSize: 3, resourcePrefix: 'memo'});
  const larder = await serve(t, {mcpServers: {one: one.entry, two: two.entry}});
  const anyone = new RawModern(larder.url);
  const tools = (await pages(anyone, 'tools/list', 'tools')).flat().map(({name}) => name);
  const expected = ['one', 'two'].flatMap(
      (up) => one.catalogue.tools.map(({name}) => `${up}__${name}`));
  assert.deepEqual(tools.toSorted(), expected.toSorted());
  const uris = (await pages(anyone, 'resources/list', 'resources')).flat().map(({uri}) => uri);
  assert.equal(new Set(uris).size, 6);
  assert.equal(uris.length, 6);
});

test('all pages of a list have one scope', async (t) => {
  const hints = {'tools/list': {ttlMs: 60_000, cacheScope: 'public'}};
  const one = await modernHttp(t, {pageSize: 2, hints});
  const two = await modernHttp(t, {hints: {'tools/list': {ttlMs: 60_000, cacheScope: 'private'}}});
  const larder = await serve(t, {mcpServers: {one: one.entry, two: two.entry}});
  const anyone = new RawModern(larder.url);
  for (let cursor; ;) {
    const {result} = await anyone.ask('tools/list', cursor === undefined ? {} : {cursor});
    assert.equal(result.cacheScope, 'private');
    cursor = result.nextCursor;
    if (cursor === undefined) break;
  }
});

test('a cursor that was tampered with, or made for another list, is invalid', async (t) => {
  const up = await modernHttp(t, {pageSize: 1});
  const larder = await serve(t, {mcpServers: {up: up.entry}});
  const anyone = new RawModern(larder.url);
  const {nextCursor: cursor} = (await anyone.ask('tools/list')).result;
  const middle = cursor.length >> 1;
  const other = cursor[middle] === 'A' ? 'B' : 'A';
  for (const [method, bad] of [
    ['tools/list', cursor.slice(0, middle) + other + cursor.slice(middle + 1)],
    ['tools/list', cursor.slice(0, -4)],
    ['tools/list', cursor + 'AAAA'],
    ['tools/list', ''],
    ['tools/list', '2'],
    ['resources/list', cursor],
  ]) {
    const {error} = await anyone.ask(method, {cursor: bad});
    assert.equal(error?.code, -32602, `${method} with ${bad}`);
  }
  assert.ok((await anyone.ask('tools/list', {cursor})).result.tools.length === 1);
});
