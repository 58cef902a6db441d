// Any client works with any upstream, and the second identical request is answered from the
// cache: both official clients against every kind of server.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {kClients, kFresh} from './lib/clients.mjs';
import {serve} from './lib/larder.mjs';
import {
  everythingHttp,
  everythingStdio,
  legacyHttp,
  legacyStdio,
  modernHttp,
  modernStdio,
} from './lib/upstreams.mjs';

const kLists = ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'];
const kHint = {ttlMs: 60_000, cacheScope: 'public'};
const kHints = Object.fromEntries([...kLists, 'resources/read'].map((method) => [method, kHint]));

// What our own servers offer, and what server-everything does.
const kOurs = {
  options: {hints: kHints},
  tool: {name: 'forecast', arguments: {city: 'Lima'}},
  answer: /^fixture: Lima run 1$/,
  resource: 'note://one',
  template: 'note://{id}',
  prompt: {name: 'greet', arguments: {city: 'Lima'}},
  greeting: /hello Lima/,
  completion: {name: 'greet', argument: {name: 'city', value: 'Pr'}, values: ['Prague']},
};
const kEverything = {
  options: {},
  tool: {name: 'get-sum', arguments: {a: 2, b: 40}},
  answer: /42/,
  resource: 'demo://resource/static/document/features.md',
  template: 'demo://resource/dynamic/text/{resourceId}',
  prompt: {name: 'args-prompt', arguments: {city: 'Lima', state: 'PE'}},
  greeting: /weather in Lima, PE/,
  completion: {
    name: 'completable-prompt',
    argument: {name: 'department', value: 'Eng'},
    values: ['Engineering'],
  },
};

const kUpstreams = [
  ['our modern server over HTTP', modernHttp, kOurs],
  ['our modern server over stdio', modernStdio, kOurs],
  ['our legacy server over HTTP', legacyHttp, kOurs],
  ['our legacy server over stdio', legacyStdio, kOurs],
  ['server-everything over HTTP', everythingHttp, kEverything],
  ['server-everything over stdio', everythingStdio, kEverything],
];

// An upstream `up`, cached in every way, behind a gateway with a client.
async function connected(t, era, start, offer) {
  const upstream = await start(t, offer.options);
  const cache = {
    lists: {ttl: '60s'},
    reads: {ttl: '60s'},
    tools: {[offer.tool.name]: {ttl: '5m'}},
  };
  const larder = await serve(t, {mcpServers: {up: {...upstream.entry, cache}}});
  return {upstream, ...await kClients[era](t, larder.url)};
}

for (const era of Object.keys(kClients)) {
  for (const [name, start, offer] of kUpstreams) {
    const between = `between the ${era} client and ${name}`;

    test(`the second identical tool call is answered from the cache ${between}`, async (t) => {
      const {upstream, client, cache} = await connected(t, era, start, offer);
      const {tools} = await client.listTools({}, kFresh);
      assert.ok(tools.some((tool) => tool.name === `up__${offer.tool.name}`));

      const call = {...offer.tool, name: `up__${offer.tool.name}`};
      const first = await client.callTool(call);
      assert.match(first.content[0].text, offer.answer);
      assert.equal(cache().fwd, 'uri-miss');
      assert.equal(cache().stored, true);
      const second = await client.callTool(call);
      assert.deepEqual(second.content, first.content);
      assert.equal(cache().hit, true);
      assert.equal(upstream.wire.count('tools/call', offer.tool.name), 1);
    });

    test(`resources are listed and read from the cache ${between}`, async (t) => {
      const {upstream, client, cache} = await connected(t, era, start, offer);
      const {resources} = await client.listResources({}, kFresh);
      assert.ok(resources.some(({uri}) => uri === offer.resource));
      await client.listResources({}, kFresh);
      assert.equal(cache().hit, true);

      const {resourceTemplates} = await client.listResourceTemplates({}, kFresh);
      assert.ok(resourceTemplates.some(({uriTemplate}) => uriTemplate === offer.template));

      const first = await client.readResource({uri: offer.resource}, kFresh);
      assert.equal(first.contents[0].uri, offer.resource);
      const second = await client.readResource({uri: offer.resource}, kFresh);
      assert.deepEqual(second.contents, first.contents);
      assert.equal(cache().hit, true);
      assert.equal(upstream.wire.count('resources/read', offer.resource), 1);
    });

    test(`prompts are listed, got and completed ${between}`, async (t) => {
      const {client, cache} = await connected(t, era, start, offer);
      const {prompts} = await client.listPrompts({}, kFresh);
      assert.ok(prompts.some((prompt) => prompt.name === `up__${offer.prompt.name}`));
      await client.listPrompts({}, kFresh);
      assert.equal(cache().hit, true);

      const {messages} = await client.getPrompt(
          {...offer.prompt, name: `up__${offer.prompt.name}`});
      assert.match(messages[0].content.text, offer.greeting);

      const {completion} = await client.complete({
        ref: {type: 'ref/prompt', name: `up__${offer.completion.name}`},
        argument: offer.completion.argument,
      });
      assert.deepEqual(completion.values, offer.completion.values);
    });
  }
}

test('the legacy client is told who it speaks to, and its ping is answered', async (t) => {
  const upstream = await modernHttp(t);
  const larder = await serve(t, {mcpServers: {up: upstream.entry}});
  const {client, transport} = await kClients.legacy(t, larder.url);
  assert.equal(client.getServerVersion().name, 'larder');
  assert.ok(client.getServerCapabilities().tools);
  assert.match(transport.sessionId, /^[\x21-\x7e]{16,}$/);
  await client.ping();
  await transport.terminateSession();
});

test('the modern client discovers what the gateway can do', async (t) => {
  const upstream = await legacyHttp(t);
  const larder = await serve(t, {mcpServers: {up: upstream.entry}});
  const {client} = await kClients.modern(t, larder.url);
  const {tools, prompts, resources, completions} = client.getServerCapabilities();
  assert.ok(tools && prompts && resources && completions);
});
