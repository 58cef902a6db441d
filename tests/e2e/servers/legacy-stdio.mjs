// Our legacy test server over stdio. CATALOGUE holds the Catalogue's options as JSON.
import {StdioServerTransport} from '@modelcontextprotocol/sdk/server/stdio.js';

import {Catalogue} from '../lib/catalogue.mjs';
import {legacyServer} from '../lib/legacy.mjs';

const catalogue = new Catalogue(JSON.parse(process.env.CATALOGUE ?? '{}'));
await legacyServer(catalogue).connect(new StdioServerTransport());
