// RFC 9211: Cache-Status: larder; hit; ttl=12
import assert from 'node:assert/strict';

// {cache, hit, fwd, stored, collapsed, ttl, key, detail}, absent members undefined. Only what
// Larder sends is read: one cache, and no `;` inside quoted text.
export function parseCacheStatus(value) {
  const [cache, ...parameters] = value.split(';').map((part) => part.trim());
  const status = {cache};
  for (const parameter of parameters) {
    const [name, text] = parameter.split('=', 2);
    if (text === undefined) status[name] = true;
    else status[name] = /^-?\d+$/.test(text) ? Number(text) : text.replace(/^"(.*)"$/, '$1');
  }
  return status;
}

export function cacheStatus(headers) {
  const value = headers.get('cache-status');
  assert.ok(value !== null, 'the answer has no Cache-Status');
  const status = parseCacheStatus(value);
  assert.equal(status.cache, 'larder');
  const ways = [status.hit, status.fwd, status.detail === 'local' || undefined];
  assert.equal(
      ways.filter((way) => way !== undefined).length, 1, `one of hit, fwd and local: ${value}`);
  return status;
}
