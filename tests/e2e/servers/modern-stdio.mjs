// Our modern test server over stdio. CATALOGUE holds the Catalogue's options as JSON.
import {serveStdio} from '@modelcontextprotocol/server/stdio';

import {Catalogue} from '../lib/catalogue.mjs';
import {modernServer} from '../lib/modern.mjs';

const catalogue = new Catalogue(JSON.parse(process.env.CATALOGUE ?? '{}'));
serveStdio(() => modernServer(catalogue), {legacy: 'reject'});
