// Child processes of a test: started with their output kept, ended with the test.
import {spawn} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';

export class Child {
  constructor(command, args, options = {}) {
    this.output = '';
    this.process = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe'], ...options});
    this.stdout = '';
    this.process.stdout.on('data', (data) => {
      this.stdout += data;
      this.output += data;
    });
    this.process.stderr.on('data', (data) => (this.output += data));
    // `close` comes after all output was read. A command that cannot be started ends too.
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => {
        this.output += error;
        resolve({code: 127, signal: null});
      });
      this.process.once('close', (code, signal) => resolve({code, signal}));
    });
  }

  get pid() {
    return this.process.pid;
  }

  get running() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  // Sends the signal and waits for the end; SIGKILL after `within` ms.
  async end(signal, within = 45_000) {
    if (this.running) this.process.kill(signal);
    const late = pause(within, 'late', {ref: false});
    if (await Promise.race([this.ended, late]) === 'late') this.process.kill('SIGKILL');
    return this.ended;
  }
}

// The pids of all living descendants of `pid`.
export function descendants(pid) {
  const parents = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(entry);
    if (parent !== undefined) parents.set(Number(entry), parent);
  }
  const found = [pid];
  for (let next = 0; next < found.length; ++next) {
    for (const [child, parent] of parents) {
      if (parent === found[next]) found.push(child);
    }
  }
  return found.slice(1);
}

// True while the process runs; false for one that ended, and for a zombie.
export function alive(pid) {
  return parentOf(pid) !== undefined;
}

function parentOf(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
  // "pid (name) state ppid ...", and a name may hold blanks and brackets.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : Number(parent);
}
