// The program under test.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

import {freePort} from './http.mjs';
import {until} from './poll.mjs';
import {Child} from './process.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const kBuilt = join(here, '../../../build/dev/bin');
export const kLarder = resolve(process.env.LARDER_BIN ?? join(kBuilt, 'larder'));
export const kDemoUpstream = resolve(
    process.env.LARDER_DEMO_UPSTREAM ?? join(kBuilt, 'demo-upstream'));

// What the program may see of our environment, so that a developer's CACHE_TYPE does not leak
// into a test.
function environment(extra) {
  const {PATH, HOME} = process.env;
  return {PATH, HOME, ...extra};
}

// A folder that goes with the test.
export function scratch(t) {
  const folder = mkdtempSync(join(tmpdir(), 'larder-e2e-'));
  t.after(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

export function writeConfig(t, config) {
  const path = join(scratch(t), 'larder.json');
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
  return path;
}

// Runs `larder ARGS` to its end, at most 45 s: {code, stdout, output}.
export async function runLarder(t, args, env = {}) {
  const child = new Child(
      kLarder, args, {env: environment(env), timeout: 45_000, killSignal: 'SIGKILL'});
  const {code} = await child.ended;
  return {code, stdout: child.stdout, output: child.output};
}

export class Larder {
  constructor(child, port) {
    this.child = child;
    this.origin = `http://127.0.0.1:${port}`;
    this.url = `${this.origin}/mcp`;
    this.killed = false;
  }

  // The lines of its log that are JSON objects.
  logged() {
    const lines = this.child.output.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line));
  }

  async health() {
    const answer = await fetch(`${this.origin}/health`);
    return {status: answer.status, json: await answer.json()};
  }

  async metrics() {
    return (await fetch(`${this.origin}/metrics`)).text();
  }

  // As the kernel does when memory runs out.
  async kill() {
    this.killed = true;
    await this.child.end('SIGKILL');
  }

  // SIGTERM, and the end it must come to.
  async stop() {
    const {code, signal} = await this.child.end('SIGTERM');
    assert.deepEqual({code, signal}, {code: 0, signal: null}, this.child.output);
  }
}

// Serves `config` on a free port. Ends with the test, and then must end well.
export async function serve(t, config, env = {}) {
  const port = await freePort();
  const args = ['serve', '--config', writeConfig(t, config)];
  const child = new Child(
      kLarder, args, {env: environment({HOST: '127.0.0.1', PORT: String(port), ...env})});
  const larder = new Larder(child, port);
  t.after(async () => {
    if (!larder.killed) await larder.stop();
  });
  await until(`larder answers /health\n${child.output}`, async () => {
    assert.ok(child.running, `larder ended:\n${child.output}`);
    try {
      await fetch(`${larder.origin}/health`);
      return true;
    } catch {
      return false;
    }
  });
  return larder;
}
