// Upstreams as tests want them: running, counted, with the entry for `mcpServers`.
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {Catalogue} from './catalogue.mjs';
import {freePort, recordingProxy} from './http.mjs';
import {scratch} from './larder.mjs';
import {startLegacy} from './legacy.mjs';
import {startModern} from './modern.mjs';
import {until} from './poll.mjs';
import {Child} from './process.mjs';
import {FileWire, Wire} from './wire.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const kEverything = fileURLToPath(new URL(
    '../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url));

// Each returns {entry, wire, ...}: what goes into mcpServers, and what came over the wire.

export async function modernHttp(t, options) {
  const catalogue = new Catalogue(options);
  const server = await startModern(t, catalogue, options?.port);
  return {...server, catalogue, entry: {url: server.url}};
}

export async function legacyHttp(t, options) {
  const catalogue = new Catalogue(options);
  const server = await startLegacy(t, catalogue);
  return {...server, catalogue, entry: {url: server.url}};
}

// A stdio server behind the tap that counts.
function tapped(t, args, env) {
  const log = join(scratch(t), 'wire.ndjson');
  const all = [join(here, 'stdio-tap.mjs'), log, process.execPath, ...args];
  return {wire: new FileWire(log), entry: {command: process.execPath, args: all, env}};
}

export function modernStdio(t, options = {}) {
  return tapped(
      t, [join(here, '../servers/modern-stdio.mjs')], {CATALOGUE: JSON.stringify(options)});
}

export function legacyStdio(t, options = {}) {
  return tapped(
      t, [join(here, '../servers/legacy-stdio.mjs')], {CATALOGUE: JSON.stringify(options)});
}

export function everythingStdio(t) {
  return tapped(t, [kEverything, 'stdio'], {});
}

// server-everything over Streamable HTTP, behind a counting proxy.
export async function everythingHttp(t) {
  const port = await freePort();
  const child = new Child(
      process.execPath, [kEverything, 'streamableHttp'],
      {env: {...process.env, PORT: String(port)}});
  t.after(() => child.end('SIGKILL'));
  await until('server-everything listens', () => child.output.includes('listening on port'));
  const wire = new Wire();
  const proxy = await recordingProxy(t, wire, `http://127.0.0.1:${port}`);
  return {wire, url: proxy.url, entry: {url: proxy.url}};
}
