// The official clients of both eras, with what HTTP said beside each answer.
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import {Client as LegacyClient} from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport as LegacyTransport,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import {cacheStatus} from './cache-status.mjs';

const kInfo = {name: 'larder-e2e', version: '1.0.0'};

// A fetch that keeps the status and headers of the last POST's answer.
function watchedFetch(seen) {
  return async (url, init) => {
    const answer = await fetch(url, init);
    if (init?.method === 'POST') seen.last = answer;
    return answer;
  };
}

async function connect(t, client, Transport, url, authorization) {
  const seen = {last: undefined};
  const headers = authorization === undefined ? {} : {Authorization: authorization};
  const transport = new Transport(
      new URL(url), {fetch: watchedFetch(seen), requestInit: {headers}});
  await client.connect(transport);
  t.after(() => client.close());
  return {client, transport, cache: () => cacheStatus(seen.last.headers)};
}

// The modern SDK at exactly 2026-07-28. It has a cache of its own, which is kept out of the
// way: pass kFresh to its lists and reads.
export function connectModern(t, url, {authorization, capabilities = {}} = {}) {
  const client = new ModernClient(
      kInfo, {capabilities, versionNegotiation: {mode: {pin: '2026-07-28'}}});
  return connect(t, client, ModernTransport, url, authorization);
}

export function connectLegacy(t, url, {authorization, capabilities = {}} = {}) {
  const client = new LegacyClient(kInfo, {capabilities});
  return connect(t, client, LegacyTransport, url, authorization);
}

export const kFresh = {cacheMode: 'bypass'};

export const kClients = {legacy: connectLegacy, modern: connectModern};
