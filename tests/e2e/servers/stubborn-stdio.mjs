// A stdio server that never answers and will not go: it ignores the end of its input and
// SIGTERM, so only SIGKILL ends it.
import {createServer} from 'node:net';

process.on('SIGTERM', () => {});
createServer().listen(0, '127.0.0.1');  // keeps the process up
