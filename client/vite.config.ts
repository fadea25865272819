import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { offline, WORKER_FILE } from './tools/offline.ts';
import { packed } from './tools/packed.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Each app is a page of its own; what is no other app's address is the board's. */
const apps = ['board', 'driver', 'wallboard'].filter((app) =>
  existsSync(here(`${app}/index.html`)),
);
/** `tools/build.ts` builds one after the other. */
const only = process.env['KANVOY_APP'];
const built = apps.filter((app) => only === undefined || app === only);

const kanvoy = process.env['KANVOY_SERVER'] ?? 'http://127.0.0.1:8000';

/** `npm run dev` answers addresses such as `/orders/17` as the server does: with the app's page. */
function pages(): Plugin {
  return {
    name: 'kanvoy-pages',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const [address = ''] = (request.url ?? '').split('?');
        if (!/^\/(?:@|v1\/|health|node_modules\/)|\./.test(address)) {
          const app = apps.find((name) => address.startsWith(`/${name}`)) ?? 'board';
          request.url = `/${app}/index.html`;
        }
        next();
      });
    },
  };
}

export default defineConfig({
  root: here('.'),
  plugins: [
    svelte(),
    ...(built.includes('driver') ? [offline(here('driver/fixed'))] : []),
    packed(),
    pages(),
  ],
  build: {
    outDir: here('../server/web/static'),
    emptyOutDir: true,
    manifest: 'manifest.json',
    // A data: address would need a hole in the content security policy.
    assetsInlineLimit: 0,
    // What counts is what is loaded first (`tools/check_bundle.py`); the map's library is not.
    chunkSizeWarningLimit: 1_100,
    rolldownOptions: {
      input: {
        ...Object.fromEntries(built.map((app) => [app, here(`${app}/index.html`)])),
        ...(built.includes('driver') ? { worker: here('driver/src/offline/sw.ts') } : {}),
      },
      output: {
        entryFileNames: ({ name }) => (name === 'worker' ? WORKER_FILE : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: {
    proxy: { '/v1': { target: kanvoy, ws: true }, '/health': kanvoy },
  },
});
