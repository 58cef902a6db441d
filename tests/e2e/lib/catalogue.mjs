// The catalogue of our own test servers, the same in both eras: tools whose texts tell how
// often they really ran, resources, prompts, completion, and cache hints that a test sets.
import {setTimeout as pause} from 'node:timers/promises';

export const kCities = ['Paris', 'Prague', 'Potsdam', 'Lima'];

// The error both SDKs answer with the code it has.
function invalid(what) {
  return Object.assign(new Error(`there is no ${what}`), {code: -32602});
}

const text = (value) => ({content: [{type: 'text', text: value}]});
const object = (properties, required = []) => ({type: 'object', properties, required});

function tools() {
  const readOnly = {readOnlyHint: true, openWorldHint: false};
  return [
    {
      name: 'forecast',
      description: 'The weather in a city',
      inputSchema: object({
        city: {type: 'string'},
        days: {type: 'integer'},
        note: {type: 'string'},
        nested: {type: 'object'},
      }),
      annotations: readOnly,
    },
    {
      name: 'set_weather',
      description: 'Changes the weather in a city',
      inputSchema: object({city: {type: 'string'}}),
      annotations: {readOnlyHint: false},
    },
    {name: 'fail', description: 'Says isError', inputSchema: object({}), annotations: readOnly},
    {name: 'ask', description: 'Asks back once', inputSchema: object({}), annotations: readOnly},
    {
      name: 'slow',
      description: 'Takes its time',
      inputSchema: object({ms: {type: 'integer'}}),
      annotations: readOnly,
    },
    {
      name: 'announce',
      description: 'Adds a tool and says so; read-only for the cache, so only the saying counts',
      inputSchema: object({}),
      annotations: readOnly,
    },
    {name: 'plain', description: 'Has no annotations', inputSchema: object({})},
  ];
}

export class Catalogue {
  // `pageSize` 0 = lists come in one page.
  constructor({name = 'fixture', pageSize = 0, hints = {}, resourcePrefix = 'note'} = {}) {
    this.name = name;
    this.pageSize = pageSize;
    this.resourcePrefix = resourcePrefix;
    this.hints = hints;  // by method, or by uri for resources/read: {ttlMs, cacheScope}
    this.tools = tools();
    this.resources = ['one', 'two', 'three'].map((id) => ({
      uri: `${resourcePrefix}://${id}`,
      name: id,
      mimeType: 'text/plain',
    }));
    this.templates = [{uriTemplate: `${resourcePrefix}://{id}`, name: 'note'}];
    this.prompts = [{
      name: 'greet',
      description: 'A greeting',
      arguments: [{name: 'city', required: true}],
    }];
    this.runs = {};
  }

  capabilities() {
    return {
      tools: {listChanged: true},
      resources: {listChanged: true},
      prompts: {listChanged: true},
      completions: {},
    };
  }

  hint(method, uri) {
    return this.hints[uri] ?? this.hints[method] ?? {};
  }

  list(method, member, items, params) {
    const start = Number(params?.cursor ?? 0);
    const end = this.pageSize > 0 ? start + this.pageSize : items.length;
    const next = end < items.length ? {nextCursor: String(end)} : {};
    return {[member]: items.slice(start, end), ...next, ...this.hint(method)};
  }

  // `retried` holds a modern retry's inputResponses, else undefined; `changed` tells the
  // client that the tools changed.
  async call({name, arguments: args = {}}, {era, retried, changed}) {
    if (!this.tools.some((tool) => tool.name === name)) throw invalid(`tool ${name}`);
    const run = this.runs[name] = (this.runs[name] ?? 0) + 1;
    switch (name) {
      case 'forecast':
        return text(`${this.name}: ${args.city ?? 'nowhere'} run ${run}`);
      case 'fail':
        return {...text(`failed, run ${run}`), isError: true};
      case 'ask':
        return era === 'modern' && retried === undefined ? question() : text(`asked, run ${run}`);
      case 'announce':
        this.tools.push({name: 'added', inputSchema: object({})});
        await changed();
        return text('announced');
      case 'slow':
        await pause(args.ms ?? 300);
        return text(`slow run ${run}`);
      default:
        return text(`${name} run ${run}`);
    }
  }

  read({uri}) {
    if (!uri.startsWith(`${this.resourcePrefix}://`)) throw invalid(`resource ${uri}`);
    const run = this.runs[uri] = (this.runs[uri] ?? 0) + 1;
    const contents = [{uri, mimeType: 'text/plain', text: `${uri} run ${run}`}];
    return {contents, ...this.hint('resources/read', uri)};
  }

  getPrompt({name, arguments: args}) {
    if (name !== 'greet') throw invalid(`prompt ${name}`);
    const content = {type: 'text', text: `${name}: hello ${args?.city}`};
    return {messages: [{role: 'user', content}]};
  }

  complete({argument}) {
    const values = kCities.filter((city) => city.startsWith(argument.value));
    return {completion: {values, total: values.length, hasMore: false}};
  }

  // Every request handler, by method.
  handlers() {
    const list = (method, member, field) => [
      method, (params) => this.list(method, member, this[field], params)];
    return Object.fromEntries([
      list('tools/list', 'tools', 'tools'),
      list('resources/list', 'resources', 'resources'),
      list('resources/templates/list', 'resourceTemplates', 'templates'),
      list('prompts/list', 'prompts', 'prompts'),
      ['tools/call', (params, context) => this.call(params, context)],
      ['resources/read', (params) => this.read(params)],
      ['prompts/get', (params) => this.getPrompt(params)],
      ['completion/complete', (params) => this.complete(params)],
    ]);
  }
}

function question() {
  const requestedSchema = object({really: {type: 'boolean'}});
  const params = {mode: 'form', message: 'Really?', requestedSchema};
  return {
    resultType: 'input_required',
    inputRequests: {sure: {method: 'elicitation/create', params}},
    requestState: 'asked-once',
  };
}
