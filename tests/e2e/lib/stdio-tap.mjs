// node stdio-tap.mjs LOG COMMAND ARGS... : runs a stdio server and notes every line it is
// sent in LOG before passing it on. Ends with its input, as the server does.
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

import {FileWire} from './wire.mjs';

const [log, command, ...args] = process.argv.slice(2);
const wire = new FileWire(log);
const child = spawn(command, args, {stdio: ['pipe', 'inherit', 'inherit']});

createInterface({input: process.stdin})
    .on('line', (line) => {
      wire.record(JSON.parse(line));
      child.stdin.write(line + '\n');
    })
    .on('close', () => child.stdin.end());
child.stdin.on('error', () => {});  // the child went first; its exit below says so
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
process.on('SIGTERM', () => child.kill('SIGTERM'));
