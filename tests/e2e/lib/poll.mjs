// Waits for something another process does: asks until it is so, at most `within` ms. The bound
// is for machines that do ten other things, and only a failure ever waits for it.
import assert from 'node:assert/strict';
import {setTimeout as pause} from 'node:timers/promises';

const kPauseMs = 20;

export async function until(what, condition, within = 45_000) {
  const end = Date.now() + within;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) assert.fail(`not within ${within} ms: ${what}`);
    await pause(kPauseMs);
  }
}
