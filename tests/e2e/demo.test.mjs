// The demo upstream behind the gateway, as `./dev run` shows it.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {connectLegacy, connectModern, kFresh} from './lib/clients.mjs';
import {kDemoUpstream, serve} from './lib/larder.mjs';
import {until} from './lib/poll.mjs';
import {Child} from './lib/process.mjs';
import {RawModern, textOf} from './lib/raw.mjs';

const kDelayMs = 400;

async function startDemo(t) {
  const child = new Child(kDemoUpstream, ['--port', '0', '--delay', String(kDelayMs)]);
  t.after(async () => assert.equal((await child.end('SIGTERM')).code, 0, child.output));
  const [url] = await until(
      'the demo serves', () => child.stdout.match(/http:\/\/[\d.]+:\d+\/mcp/));
  return url;
}

for (const [era, connect] of [['legacy', connectLegacy], ['modern', connectModern]]) {
  test(`the demo server itself answers the ${era} client`, async (t) => {
    const {client} = await connect(t, await startDemo(t));
    const {tools} = await client.listTools({}, kFresh);
    assert.deepEqual(
        tools.map(({name}) => name), ['slow_forecast', 'set_weather', 'echo_size']);
    const call = (name, args) => client.callTool({name, arguments: args}).then(textOf);
    assert.equal(
        await call('slow_forecast', {city: 'Oslo'}), 'Oslo: snow (forecast number 1)');
    await call('set_weather', {city: 'Oslo', text: 'thaw'});
    assert.equal(
        await call('slow_forecast', {city: 'Oslo'}), 'Oslo: thaw (forecast number 2)');
    assert.equal((await call('echo_size', {bytes: 1024})).length, 1024);
    const {contents} = await client.readResource({uri: 'weather://city/Oslo'}, kFresh);
    assert.equal(contents[0].text, 'thaw');
    const {resources} = await client.listResources({}, kFresh);
    assert.equal(resources[0].uri, 'weather://cities');
    const {prompts} = await client.listPrompts({}, kFresh);
    const {messages} = await client.getPrompt(
        {name: prompts[0].name, arguments: {city: 'Oslo'}});
    assert.match(messages[0].content.text, /Oslo/);
    await assert.rejects(client.callTool({name: 'juggle', arguments: {}}));
    await assert.rejects(client.callTool({name: 'slow_forecast', arguments: {}}));
  });
}

test('a forecast is slow once and fast from then on, until the weather is set', async (t) => {
  const entry = {
    url: await startDemo(t),
    cache: {tools: {slow_forecast: {ttl: '5m', scope: 'public'}}},
  };
  const larder = await serve(t, {mcpServers: {demo: entry}});
  const anyone = new RawModern(larder.url);
  const timed = async () => {
    const began = performance.now();
    const answer = await anyone.call('demo__slow_forecast', {city: 'Oslo'});
    return {...answer, took: performance.now() - began};
  };
  const miss = await timed();
  assert.ok(miss.took >= kDelayMs, `${miss.took} ms`);
  const hit = await timed();
  assert.equal(hit.cache.hit, true);
  assert.ok(hit.took < miss.took, `${hit.took} ms`);
  assert.equal(textOf(hit.result), 'Oslo: snow (forecast number 1)');
  await anyone.call('demo__set_weather', {city: 'Oslo', text: 'thaw'});
  assert.equal(textOf((await timed()).result), 'Oslo: thaw (forecast number 2)');
});
