// What operators see: metrics, health, the access log.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {serve} from './lib/larder.mjs';
import {until} from './lib/poll.mjs';
import {RawLegacy, RawModern, post} from './lib/raw.mjs';
import {modernHttp} from './lib/upstreams.mjs';

const kRule = {tools: {forecast: {ttl: '5m'}}};

async function gateway(t) {
  const upstream = await modernHttp(t);
  const headers = {'X-Api-Key': 'hush-hush'};
  const larder = await serve(t, {mcpServers: {up: {...upstream.entry, headers, cache: kRule}}});
  return {larder, upstream, anyone: new RawModern(larder.url, {authorization: 'Bearer sesame'})};
}

// The samples of a Prometheus page: {name, labels (text), value}; every line must be one, a
// comment, or empty.
function samples(page) {
  const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
  const sample = new RegExp(
      `^([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:${label}(?:,${label})*,?)?\\})? (\\S+)( \\d+)?$`);
  const found = [];
  for (const line of page.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = sample.exec(line);
    assert.ok(match, `no sample: ${line}`);
    const value = Number(match[3].replace('+Inf', 'Infinity'));
    assert.ok(!Number.isNaN(value) || match[3] === 'NaN', line);
    found.push({name: match[1], labels: match[2] ?? '', value});
  }
  return found;
}

function hits(page) {
  const wanted = '{method="tools/call",result="hit"}';
  return samples(page)
      .find(({name, labels}) => name === 'larder_cache_requests_total' && labels === wanted).value;
}

test('a hit is counted', async (t) => {
  const {larder, anyone} = await gateway(t);
  await anyone.call('up__forecast', {city: 'Lima'});
  const before = hits(await larder.metrics());
  await anyone.call('up__forecast', {city: 'Lima'});
  assert.equal(hits(await larder.metrics()), before + 1);
});

test('the metrics page is one Prometheus can read', async (t) => {
  const {larder, anyone} = await gateway(t);
  await anyone.call('up__forecast', {city: 'Lima'});
  const answer = await fetch(`${larder.origin}/metrics`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/plain; ?version=0\.0\.4/);
  const page = await answer.text();
  const found = samples(page);
  const series = found.map(({name, labels}) => name + labels);
  assert.equal(new Set(series).size, series.length, 'every series once');
  for (const {name} of found) {
    const family = name.replace(/_(bucket|sum|count)$/, '');
    assert.ok(page.includes(`# TYPE ${family} `) || page.includes(`# TYPE ${name} `), name);
  }
});

test('no client decides how many series there are', async (t) => {
  const {larder, anyone} = await gateway(t);
  await anyone.call('up__forecast');
  const count = async () => samples(await larder.metrics()).length;
  await anyone.call('up__invented0');
  const before = await count();
  for (let i = 1; i <= 50; ++i) await anyone.call(`up__invented${i}`);
  for (let i = 0; i < 50; ++i) await anyone.ask(`invented/method${i}`);
  assert.ok(await count() - before < 20, 'series grow with invented names');
});

test('health tells each upstream and its state', async (t) => {
  const {larder, anyone} = await gateway(t);
  await anyone.ask('tools/list');
  const {status, json} = await larder.health();
  assert.equal(status, 200);
  assert.equal(json.status, 'ok');
  assert.deepEqual(json.store, {type: 'memory', state: 'ready'});
  assert.deepEqual(json.upstreams, {up: {state: 'ready', version: '2026-07-28'}});
});

// The access log's lines for MCP requests.
function accesses(larder) {
  return larder.logged().filter(({rpc}) => rpc !== undefined);
}

test('the access log is one JSON object for each request', async (t) => {
  const {larder, anyone} = await gateway(t);
  await anyone.call('up__forecast', {city: 'Lima'});
  await anyone.call('up__forecast', {city: 'Lima'});
  const lines = await until('both calls are logged', () => {
    const calls = accesses(larder).filter(({name}) => name === 'up__forecast');
    return calls.length === 2 && calls;
  });
  for (const line of lines) {
    assert.equal(line.rpc, 'tools/call');
    assert.equal(line.era, 'modern');
    assert.equal(line.method, 'POST');
    assert.equal(line.status, 200);
    assert.ok(Number.isInteger(line.duration_us), JSON.stringify(line));
    assert.ok(!Number.isNaN(Date.parse(line.time)), line.time);
  }
  assert.deepEqual(lines.map(({cache}) => cache), ['miss', 'hit']);
});

test('every line of the log is JSON', async (t) => {
  const {larder, anyone} = await gateway(t);
  await anyone.ask('tools/list');
  await larder.stop();
  for (const line of larder.child.output.split('\n').filter((text) => text !== '')) {
    assert.doesNotThrow(() => JSON.parse(line), line);
  }
});

test('neither secrets nor what a client sends can enter or split a log line', async (t) => {
  const {larder, anyone} = await gateway(t);
  await anyone.call('up__forecast', {city: 'pass-phrase'});
  await anyone.call('up__x\n{"forged":true}');
  const session = await RawLegacy.open(larder.url);
  await session.ask('ping');
  await post(larder.url, 'no json', {Authorization: 'Bearer sesame'});
  await larder.stop();
  const log = larder.child.output;
  for (const secret of ['hush-hush', 'sesame', 'pass-phrase', session.id]) {
    assert.ok(!log.includes(secret), `${secret} is in the log:\n${log}`);
  }
  assert.ok(!larder.logged().some((line) => line.forged));
});
