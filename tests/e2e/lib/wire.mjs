// What an MCP server was asked, as it came over the wire. Tests count here, so "the upstream
// saw one call" means one message, whatever the server did with it.
import {appendFileSync, existsSync, readFileSync} from 'node:fs';

function matches(message, method, name) {
  const asked = message.params?.name ?? message.params?.uri;
  return message.method === method && (name === undefined || asked === name);
}

export class Wire {
  #messages = [];

  // `headers` are the HTTP request's, {} over stdio.
  record(message, headers = {}) {
    for (const one of Array.isArray(message) ? message : [message]) {
      if (one?.method !== undefined) this.#messages.push({...one, headers});
    }
  }

  messages() {
    return this.#messages;
  }

  // How many requests of that method came, and with that params.name or params.uri if given.
  count(method, name) {
    return this.messages().filter((message) => matches(message, method, name)).length;
  }

  // The last of them, or undefined.
  last(method, name) {
    return this.messages().findLast((message) => matches(message, method, name));
  }
}

// The same, written by another process. It appends before it forwards, so whoever has seen
// the answer finds the request here.
export class FileWire extends Wire {
  constructor(path) {
    super();
    this.path = path;
  }

  record(message) {
    appendFileSync(this.path, JSON.stringify(message) + '\n');
  }

  messages() {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line)).filter((message) => message.method !== undefined);
  }
}
