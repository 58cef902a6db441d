// Start, stop, and the processes in between.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {listen} from './lib/http.mjs';
import {runLarder, serve, writeConfig} from './lib/larder.mjs';
import {until} from './lib/poll.mjs';
import {alive, descendants} from './lib/process.mjs';
import {RawModern, textOf} from './lib/raw.mjs';
import {legacyHttp, legacyStdio, modernHttp, modernStdio} from './lib/upstreams.mjs';

const kStubborn = fileURLToPath(new URL('servers/stubborn-stdio.mjs', import.meta.url));

test('SIGTERM lets the running call finish, then the program ends with 0', async (t) => {
  const upstream = await modernHttp(t);
  const larder = await serve(t, {mcpServers: {up: upstream.entry}});
  const running = new RawModern(larder.url).call('up__slow', {ms: 1_500});
  await until('the call is upstream', () => upstream.wire.count('tools/call') === 1);
  const stopped = larder.stop();
  assert.equal(textOf((await running).result), 'slow run 1');
  await stopped;
});

test('SIGTERM ends a gateway whose upstreams are dead or silent', async (t) => {
  const silent = await listen(t, () => new Promise(() => {}));
  const mcpServers = {
    silent: {url: silent.url},
    dead: {url: 'http://127.0.0.1:9/mcp'},
    broken: {command: '/nowhere/at-all'},
  };
  const larder = await serve(t, {mcpServers});
  await larder.stop();
});

test('an idle client connection does not hold up the end', async (t) => {
  const upstream = await modernHttp(t);
  const larder = await serve(t, {mcpServers: {up: upstream.entry}});
  await new RawModern(larder.url).ask('tools/list');  // leaves a connection kept alive
  const began = Date.now();
  await larder.stop();
  assert.ok(Date.now() - began < 10_000, 'less than the time a graceful stop may take');
});

test('the session with a legacy upstream is ended with the gateway', async (t) => {
  const upstream = await legacyHttp(t);
  const larder = await serve(t, {mcpServers: {up: upstream.entry}});
  await new RawModern(larder.url).ask('tools/list');
  assert.equal(upstream.sessions.size, 1);
  await larder.stop();
  assert.equal(upstream.sessions.size, 0);
});

// A gateway with children of every kind, all of which have answered or have had time to fail.
async function withChildren(t, extra = {}) {
  const mcpServers = {
    modern: modernStdio(t).entry,
    legacy: legacyStdio(t, {resourcePrefix: 'memo'}).entry,
    ...extra,
  };
  const larder = await serve(t, {mcpServers});
  const anyone = new RawModern(larder.url);
  await until('both servers are listed', async () => {
    const {result} = await anyone.ask('tools/list');
    return ['modern', 'legacy'].every(
        (name) => result.tools.some((tool) => tool.name === `${name}__forecast`));
  });
  const children = descendants(larder.child.pid);
  assert.ok(children.length >= 2, `only ${children.length} children`);
  return {larder, anyone, children};
}

test('no child process is left after SIGTERM, not even one that will not go', async (t) => {
  const stubborn = {command: process.execPath, args: [kStubborn]};
  const {larder, children} = await withChildren(t, {stubborn});
  await larder.stop();
  assert.deepEqual(children.filter(alive), []);
});

test('no child process is left after larder was killed', async (t) => {
  const {larder, children} = await withChildren(t);
  await larder.kill();
  await until('all children are gone', () => !children.some(alive));
});

test('a stdio server that died is started again', async (t) => {
  const {larder, anyone, children} = await withChildren(t);
  for (const child of children) process.kill(child, 'SIGKILL');
  await until('both servers answer again', async () => {
    const answers = [
      await anyone.call('modern__forecast', {city: 'Lima'}),
      await anyone.call('legacy__forecast', {city: 'Lima'}),
    ];
    return answers.every(({result}) => result !== undefined);
  });
  assert.ok(descendants(larder.child.pid).length >= 2);
});

test('an HTTP upstream that comes back is used again', async (t) => {
  const first = await modernHttp(t);
  const {port} = first;
  const larder = await serve(t, {mcpServers: {up: first.entry}});
  const anyone = new RawModern(larder.url);
  await anyone.call('up__forecast', {city: 'Lima'});
  await first.close();
  assert.ok((await anyone.call('up__forecast', {city: 'Lima'})).error);
  const second = await modernHttp(t, {name: 'second', port});
  await until('the second server answers', async () => {
    const {result} = await anyone.call('up__forecast', {city: 'Lima'});
    return result !== undefined && textOf(result).startsWith('second');
  });
  assert.equal(second.wire.count('tools/call'), 1);
});

test('a port that is taken is told with the port', async (t) => {
  const upstream = await modernHttp(t);
  const taken = await listen(t, async (request, response) => response.end());
  const config = writeConfig(t, {mcpServers: {up: upstream.entry}});
  const {code, output} = await runLarder(
      t, ['serve', '--config', config], {HOST: '127.0.0.1', PORT: String(taken.port)});
  assert.notEqual(code, 0);
  assert.ok(output.includes(String(taken.port)), output);
});
