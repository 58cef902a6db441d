// When a tool's result is answered from the cache, and when it must not be.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {serve} from './lib/larder.mjs';
import {until} from './lib/poll.mjs';
import {RawModern, post, modernHeaders, textOf} from './lib/raw.mjs';
import {modernHttp} from './lib/upstreams.mjs';

// A modern upstream `up` whose tools have these rules: {upstream, larder, client(options)}.
async function gateway(t, tools, {trusted = false, ...options} = {}) {
  const upstream = await modernHttp(t, options);
  const entry = {...upstream.entry, trusted, cache: {tools}};
  const larder = await serve(t, {mcpServers: {up: entry}});
  const client = (who) => new RawModern(larder.url, who);
  return {upstream, larder, client, wire: upstream.wire, anyone: client()};
}

const kFiveMinutes = {forecast: {ttl: '5m'}};

test('the second identical call is a hit and the upstream saw one', async (t) => {
  const {anyone, wire} = await gateway(t, kFiveMinutes);
  const first = await anyone.call('up__forecast', {city: 'Lima'});
  assert.equal(first.cache.fwd, 'uri-miss');
  assert.equal(first.cache.stored, true);
  const second = await anyone.call('up__forecast', {city: 'Lima'});
  assert.equal(second.cache.hit, true);
  assert.ok(second.cache.ttl > 200 && second.cache.ttl <= 300, `ttl ${second.cache.ttl}`);
  assert.deepEqual(second.result, first.result);
  assert.equal(wire.count('tools/call'), 1);
});

test('a call without a rule goes to the upstream every time', async (t) => {
  const {anyone, wire} = await gateway(t, {});
  for (let i = 0; i < 2; ++i) {
    const {cache} = await anyone.call('up__forecast', {city: 'Lima'});
    assert.equal(cache.fwd, 'bypass');
    assert.equal(cache.stored, undefined);
  }
  assert.equal(wire.count('tools/call'), 2);
});

test('neither the order of arguments nor the spelling of numbers makes another call', async (t) => {
  const {anyone, larder, wire} = await gateway(t, kFiveMinutes);
  await anyone.call('up__forecast', {city: 'Lima', nested: {a: 1, b: [2, {c: 3, d: 4}]}, days: 10});
  const params = `{"arguments": {"days": 1e1, "nested": {"b": [2.0, {"d": 4, "c": 3}], "a": 1},
      "city": "L\\u0069ma"}, "name": "up__forecast", "_meta": ${JSON.stringify(anyone.meta)}}`;
  const text = `{"params": ${params}, "method": "tools/call", "id": "x", "jsonrpc": "2.0"}`;
  const again = await post(
      larder.url, text, modernHeaders('tools/call', {name: 'up__forecast'}));
  assert.match(again.headers.get('cache-status'), /; hit/);
  assert.equal(again.json.id, 'x');
  assert.equal(wire.count('tools/call'), 1);
});

test('other arguments are another call', async (t) => {
  const {anyone, wire} = await gateway(t, kFiveMinutes);
  for (const args of [{city: 'Lima'}, {city: 'Paris'}, {}, {city: 'Lima', days: 1}]) {
    const {cache} = await anyone.call('up__forecast', args);
    assert.equal(cache.fwd, 'uri-miss');
  }
  assert.equal(wire.count('tools/call'), 4);
});

test('a private result is not given to another principal', async (t) => {
  const {client, wire} = await gateway(t, kFiveMinutes);
  const principals = ['Bearer ann', 'Bearer bob', undefined];
  const texts = [];
  for (const authorization of principals) {
    const answer = await client({authorization}).call('up__forecast', {city: 'Lima'});
    assert.equal(answer.cache.fwd, 'uri-miss');
    texts.push(textOf(answer.result));
  }
  assert.equal(new Set(texts).size, 3);
  for (const [index, authorization] of principals.entries()) {
    const answer = await client({authorization}).call('up__forecast', {city: 'Lima'});
    assert.equal(answer.cache.hit, true);
    assert.equal(textOf(answer.result), texts[index]);
  }
  assert.equal(wire.count('tools/call'), 3);
});

test('callers are told apart by an API key or a cookie too', async (t) => {
  const {client, wire} = await gateway(t, kFiveMinutes);
  const callers = [{'X-API-Key': 'ann'}, {'X-API-Key': 'bob'}, {Cookie: 'sid=ann'}];
  for (const headers of callers) {
    const caller = client();
    caller.headers = headers;
    assert.equal((await caller.call('up__forecast', {city: 'Lima'})).cache.fwd, 'uri-miss');
    assert.equal((await caller.call('up__forecast', {city: 'Lima'})).cache.hit, true);
  }
  assert.equal(wire.count('tools/call'), callers.length);
});

test('a result with public scope is given to everybody', async (t) => {
  const {client, wire} = await gateway(t, {forecast: {ttl: '5m', scope: 'public'}});
  await client({authorization: 'Bearer ann'}).call('up__forecast', {city: 'Lima'});
  const answer = await client({authorization: 'Bearer bob'}).call('up__forecast', {city: 'Lima'});
  assert.equal(answer.cache.hit, true);
  assert.equal(wire.count('tools/call'), 1);
});

test('the client\'s own Authorization never reaches the upstream', async (t) => {
  const {client, wire} = await gateway(t, kFiveMinutes);
  await client({authorization: 'Bearer ann'}).call('up__forecast', {city: 'Lima'});
  const headers = wire.messages().map((message) => message.headers.authorization);
  assert.deepEqual(new Set(headers), new Set([undefined]));
});

test('only the arguments named as key make another call', async (t) => {
  const {anyone, wire} = await gateway(t, {forecast: {ttl: '5m', key: ['city']}});
  await anyone.call('up__forecast', {city: 'Lima', note: 'a'});
  for (const [args, hit] of [
    [{city: 'Lima', note: 'b'}, true],
    [{city: 'Paris', note: 'a'}, undefined],
    [{note: 'a'}, undefined],
  ]) {
    assert.equal((await anyone.call('up__forecast', args)).cache.hit, hit);
  }
  assert.equal(wire.count('tools/call'), 3);
});

test('a result that says isError is never stored', async (t) => {
  const {anyone, wire} = await gateway(t, {fail: {ttl: '5m'}});
  for (let i = 0; i < 2; ++i) {
    const {result, cache} = await anyone.call('up__fail');
    assert.equal(result.isError, true);
    assert.equal(cache.hit, undefined);
    assert.equal(cache.stored, undefined);
  }
  assert.equal(wire.count('tools/call'), 2);
});

test('neither a question nor the answer to its retry is ever stored', async (t) => {
  const {client, wire} = await gateway(t, {ask: {ttl: '5m'}});
  const asker = client({capabilities: {elicitation: {form: {}}}});
  for (let i = 0; i < 2; ++i) {
    const question = await asker.call('up__ask');
    assert.equal(question.result.resultType, 'input_required');
    assert.equal(question.result.ttlMs, undefined);
    assert.equal(question.cache.stored, undefined);
    const answer = await asker.ask('tools/call', {
      name: 'up__ask',
      arguments: {},
      requestState: question.result.requestState,
      inputResponses: {sure: {action: 'accept', content: {really: true}}},
    });
    assert.match(textOf(answer.result), /^asked/);
    assert.equal(answer.cache.hit, undefined);
    assert.equal(answer.cache.stored, undefined);
  }
  assert.equal(wire.count('tools/call'), 4);
});

test('a trusted upstream\'s read-only tool is cached without a rule', async (t) => {
  const {anyone, wire} = await gateway(t, {}, {trusted: true});
  await anyone.call('up__forecast', {city: 'Lima'});
  assert.equal((await anyone.call('up__forecast', {city: 'Lima'})).cache.hit, true);
  await anyone.call('up__plain');
  assert.equal((await anyone.call('up__plain')).cache.hit, undefined);
  assert.equal(wire.count('tools/call', 'forecast'), 1);
  assert.equal(wire.count('tools/call', 'plain'), 2);
});

test('a rule with ttl 0 keeps a trusted read-only tool out of the cache', async (t) => {
  const {anyone, wire} = await gateway(t, {forecast: {ttl: '0s'}}, {trusted: true});
  await anyone.call('up__forecast', {city: 'Lima'});
  await anyone.call('up__forecast', {city: 'Lima'});
  assert.equal(wire.count('tools/call'), 2);
});

for (const writer of ['set_weather', 'plain']) {
  test(`who calls ${writer} reads their write afterwards`, async (t) => {
    const {anyone} = await gateway(t, kFiveMinutes);
    for (let run = 1; run <= 5; ++run) {
      const fresh = await anyone.call('up__forecast', {city: 'Lima'});
      assert.equal(textOf(fresh.result), `fixture: Lima run ${run}`);
      assert.equal((await anyone.call('up__forecast', {city: 'Lima'})).cache.hit, true);
      await anyone.call(`up__${writer}`, {city: 'Lima'});
    }
  });
}

test('a write on one upstream leaves the results of another', async (t) => {
  const [one, two] = [await modernHttp(t), await modernHttp(t, {resourcePrefix: 'memo'})];
  const cache = {tools: kFiveMinutes};
  const larder = await serve(
      t, {mcpServers: {one: {...one.entry, cache}, two: {...two.entry, cache}}});
  const anyone = new RawModern(larder.url);
  await anyone.call('one__forecast', {city: 'Lima'});
  await anyone.call('two__forecast', {city: 'Lima'});
  await anyone.call('two__set_weather', {city: 'Lima'});
  assert.equal((await anyone.call('one__forecast', {city: 'Lima'})).cache.hit, true);
  assert.equal((await anyone.call('two__forecast', {city: 'Lima'})).cache.hit, undefined);
});

test('a read-only call leaves stored results alone', async (t) => {
  const {anyone} = await gateway(t, kFiveMinutes);
  await anyone.call('up__forecast', {city: 'Lima'});
  await anyone.call('up__slow', {ms: 1});
  assert.equal((await anyone.call('up__forecast', {city: 'Lima'})).cache.hit, true);
});

test('a result is asked for again once its ttl has passed', async (t) => {
  const {anyone, wire} = await gateway(t, {forecast: {ttl: '100ms'}});
  await anyone.call('up__forecast', {city: 'Lima'});
  await until('the result is asked for again', async () => {
    const {result} = await anyone.call('up__forecast', {city: 'Lima'});
    return textOf(result) === 'fixture: Lima run 2';
  });
  assert.ok(wire.count('tools/call') >= 2);
});

test('a stale result stands in for a dead upstream where the rule allows it', async (t) => {
  const {anyone, upstream} = await gateway(t, {forecast: {ttl: '50ms', stale_if_error: '1h'}});
  await anyone.call('up__forecast', {city: 'Lima'});
  await upstream.close();
  await until('the result is stale', async () => {
    const {result, cache} = await anyone.call('up__forecast', {city: 'Lima'});
    assert.equal(textOf(result), 'fixture: Lima run 1');
    return cache.fwd === 'stale' || cache.ttl <= 0;
  });
});

test('a dead upstream without a stored result is an error of our own', async (t) => {
  const {anyone, upstream} = await gateway(t, kFiveMinutes);
  await anyone.call('up__forecast', {city: 'Lima'});
  await upstream.close();
  const {error} = await anyone.call('up__forecast', {city: 'Paris'});
  assert.equal(error.code, 1001);
  assert.match(error.message, /up/);
  assert.equal((await anyone.call('up__forecast', {city: 'Lima'})).cache.hit, true);
});

test('ten identical calls at once are one call upstream', async (t) => {
  const {anyone, wire} = await gateway(t, {slow: {ttl: '5m'}});
  await anyone.ask('tools/list');
  const answers = await Promise.all(
      Array.from({length: 10}, () => anyone.call('up__slow', {ms: 500})));
  assert.deepEqual(new Set(answers.map(({result}) => textOf(result))), new Set(['slow run 1']));
  assert.equal(wire.count('tools/call'), 1);
  const collapsed = answers.filter(({cache}) => cache.collapsed);
  const hits = answers.filter(({cache}) => cache.hit);
  assert.equal(collapsed.length + hits.length, 9, 'one led, the others followed');
});

test('calls that are not cached are never collapsed', async (t) => {
  const {anyone, wire} = await gateway(t, {});
  await Promise.all(Array.from({length: 5}, () => anyone.call('up__set_weather', {city: 'Lima'})));
  assert.equal(wire.count('tools/call'), 5);
});

test('results under a tool\'s old definition are not served under its new one', async (t) => {
  const hints = {'tools/list': {ttlMs: 60_000, cacheScope: 'public'}};
  const {anyone, upstream} = await gateway(t, kFiveMinutes, {hints});
  await anyone.call('up__forecast', {city: 'Lima'});
  await until('the gateway listens', () => upstream.listeners() > 0);
  upstream.catalogue.tools[0].description = 'The weather in a city, in verse';
  upstream.notify.toolsChanged();
  await until('the call goes upstream again', async () => {
    const {result} = await anyone.call('up__forecast', {city: 'Lima'});
    return textOf(result) === 'fixture: Lima run 2';
  });
});
