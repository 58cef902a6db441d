// `larder check` tells what is wrong with a configuration: where, what was found, what was
// expected.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {runLarder, writeConfig} from './lib/larder.mjs';

const kGood = {
  mcpServers: {
    weather: {
      url: 'http://127.0.0.1:9001/mcp',
      headers: {Authorization: 'env:WEATHER_TOKEN', 'X-Key': 'hush-hush'},
      prefix: true,
      trusted: true,
      cache: {
        lists: {ttl: '60s'},
        reads: {ttl: '500ms'},
        tools: {
          get_forecast: {ttl: '5m', stale_if_error: '1h', scope: 'public', key: ['city']},
        },
      },
    },
    files: {command: 'cat', args: ['-'], env: {A: 'b'}},
  },
  cache: {type: 'memory', prefix: 'larder', memory: {bytes: '64MiB'}},
  server: {host: '127.0.0.1', port: 4444, threads: 1},
};

// kGood with the value at the dotted path replaced.
function changed(path, value) {
  const config = structuredClone(kGood);
  const keys = path.split('.');
  const last = keys.pop();
  const place = keys.reduce((object, key) => (object[key] ??= {}), config);
  place[last] = value;
  return config;
}

function check(t, config) {
  const args = ['check', '--config', writeConfig(t, config)];
  return runLarder(t, args, {WEATHER_TOKEN: 'secret-token'});
}

test('a good configuration is found good', async (t) => {
  const {code, output} = await check(t, kGood);
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /hush-hush|secret-token/);
});

for (const [path, value] of [
  ['mcpServers.weather.cach', {}],
  ['mcpServers.weather.cache.tools.get_forecast.tll', '5m'],
  ['mcpServers.weather.cache.lists.max', '1m'],
  ['cache.memory.size', '1MiB'],
  ['server.prot', 1],
  ['colour', 'blue'],
]) {
  test(`the unknown key ${path} is named with its path`, async (t) => {
    const {code, output} = await check(t, changed(path, value));
    assert.notEqual(code, 0);
    assert.ok(output.includes(path), output);
  });
}

for (const [path, value, expected] of [
  ['server.port', 'x', /number|integer/],
  ['server.port', 70_000, /65535|port/],
  ['server.port', -1, /\b0\b|port/],
  ['server.host', 7, /text|string/],
  ['mcpServers.weather.url', 7, /text|string/],
  ['mcpServers.weather.url', 'ftp://x', /http/],
  ['mcpServers.weather.prefix', 'yes', /true|bool/],
  ['mcpServers.weather.trusted', 1, /true|bool/],
  ['mcpServers.weather.cache.lists.ttl', '5 parsecs', /60s|duration/],
  ['mcpServers.weather.cache.lists.ttl', 60, /60s|duration/],
  ['mcpServers.weather.cache.lists.ttl', '-1s', /60s|duration/],
  ['mcpServers.weather.cache.tools.get_forecast.scope', 'everyone', /public.*private/],
  ['mcpServers.weather.cache.tools.get_forecast.key', 'city', /array|list/],
  ['mcpServers.files.args', 'x', /array|list/],
  ['mcpServers.files.env', ['x'], /object/],
  ['cache.type', 'floppy', /memory/],
  ['cache.memory.bytes', 'much', /MiB|size/],
  ['mcpServers', [], /object/],
]) {
  test(`${path} = ${JSON.stringify(value)} is told with path, value and expectation`, async (t) => {
    const {code, output} = await check(t, changed(path, value));
    assert.notEqual(code, 0);
    assert.ok(output.includes(path), output);
    if (typeof value !== 'object') assert.ok(output.includes(String(value)), output);
    assert.match(output, expected);
  });
}

test('a url with a password is told without showing it', async (t) => {
  for (const url of ['ftp://ann:hush-hush@x', 'http://ann:hush-hush@x/mcp']) {
    const {code, output} = await check(t, changed('mcpServers.weather.url', url));
    assert.notEqual(code, 0);
    assert.match(output, /mcpServers\.weather\.url/);
    assert.match(output, /http:\/\//);
    assert.doesNotMatch(output, /hush-hush/);
  }
});

test('an upstream needs either a url or a command', async (t) => {
  for (const entry of [{}, {url: 'http://127.0.0.1:1/mcp', command: 'cat'}]) {
    const {code, output} = await check(t, {mcpServers: {odd: entry}});
    assert.notEqual(code, 0);
    assert.match(output, /mcpServers\.odd/);
    assert.match(output, /url/);
    assert.match(output, /command/);
  }
});

test('a name that a prefixed tool could not be taken apart by is refused', async (t) => {
  for (const name of ['a__b', 'a b', '']) {
    const {code, output} = await check(t, {mcpServers: {[name]: {command: 'cat'}}});
    assert.notEqual(code, 0, name);
    assert.match(output, /mcpServers/);
  }
});

test('text that is no JSON is told with its place', async (t) => {
  const {code, output} = await check(t, '{\n  "mcpServers": {,}\n}');
  assert.notEqual(code, 0);
  assert.match(output, /line 2|2:/);
});

test('a file that is not there is named', async (t) => {
  const {code, output} = await runLarder(t, ['check', '--config', '/nowhere/larder.json']);
  assert.notEqual(code, 0);
  assert.match(output, /\/nowhere\/larder\.json/);
});

test('serve refuses the same configuration with the same words', async (t) => {
  const config = changed('server.prot', 1);
  const {code, output} = await runLarder(
      t, ['serve', '--config', writeConfig(t, config)], {PORT: '0'});
  assert.notEqual(code, 0);
  assert.match(output, /server\.prot/);
});

test('a secret with the wrong type is not printed', async (t) => {
  const {code, output} = await check(
      t, changed('mcpServers.weather.headers.Authorization', ['hush-hush']));
  assert.notEqual(code, 0);
  assert.match(output, /mcpServers\.weather\.headers\.Authorization/);
  assert.doesNotMatch(output, /hush-hush/);
});

test('an unknown command is answered with the way to help', async (t) => {
  const {code, output} = await runLarder(t, ['juggle']);
  assert.notEqual(code, 0);
  assert.match(output, /--help/);
});

test('--help and --version are answered', async (t) => {
  for (const [flag, word] of [['--help', /serve/], ['--version', /\d+\.\d+/]]) {
    const {code, stdout} = await runLarder(t, [flag]);
    assert.equal(code, 0);
    assert.match(stdout, word);
  }
});
