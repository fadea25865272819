/**
 * Makes the driver's app start without network: puts the list of its files into its service
 * worker, and its fixed files (manifest, icons) beside it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, Rolldown } from 'vite';

type Bundle = Rolldown.OutputBundle;

/** The name of the built worker; not hashed, for browsers know it by its address. */
export const WORKER_FILE = 'driver/sw.js';

export function offline(fixed: string): Plugin {
  return {
    name: 'kanvoy-offline',
    apply: 'build',
    // After Vite has made the page and has named all its files.
    enforce: 'post',
    generateBundle(_options, bundle) {
      const names = readdirSync(fixed);
      for (const name of names) {
        const source = readFileSync(join(fixed, name));
        this.emitFile({ type: 'asset', fileName: `driver/${name}`, source });
      }
      const worker = bundle[WORKER_FILE];
      if (worker?.type !== 'chunk') return;
      const files = [...reachable(bundle, 'driver'), ...names.map((name) => `driver/${name}`)];
      const list = { build: build_of(bundle, files), addresses: files.map((name) => `/${name}`) };
      worker.code = worker.code.replaceAll(/\bFILES\b/g, JSON.stringify(list));
    },
  };
}

/** Every file that the app may load: its chunks, those it loads later, styles, fonts, pictures. */
function reachable(bundle: Bundle, app: string): readonly string[] {
  const found = new Set<string>();
  const follow = (name: string): void => {
    if (found.has(name)) return;
    const file = bundle[name];
    if (file === undefined) return;
    found.add(name);
    if (file.type === 'asset') {
      // Fonts and pictures are named in the styles.
      const text = typeof file.source === 'string' ? file.source : '';
      for (const [, inner = ''] of text.matchAll(/url\((?:"|')?[./]*(?:assets\/)?([^)"']+)/g)) {
        follow(`assets/${inner}`);
      }
      return;
    }
    for (const next of [...file.imports, ...file.dynamicImports]) follow(next);
    const { importedCss, importedAssets } = file.viteMetadata ?? {};
    for (const next of [...(importedCss ?? []), ...(importedAssets ?? [])]) follow(next);
  };
  const entry = Object.values(bundle).find(
    (file) => file.type === 'chunk' && file.isEntry && file.name === app,
  );
  if (entry !== undefined) follow(entry.fileName);
  return [...found];
}

/** Changes when any file does; names carry the hash of their content, the page does not. */
function build_of(bundle: Bundle, files: readonly string[]): string {
  const digest = createHash('sha256').update(files.join('\n'));
  const page = bundle['driver/index.html'];
  if (page?.type === 'asset') digest.update(page.source);
  return digest.digest('hex').slice(0, 12);
}
