// A stdio server that never answers and will not go: it ignores the end of its input and
// SIGTERM, so only SIGKILL ends it.
process.on('SIGTERM', () => {});
process.stdin.resume();
setInterval(() => {}, 60_000);
