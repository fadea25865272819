/**
 * Writes a brotli twin beside each built text file, so that the server never compresses one.
 *
 * Brotli at its best takes a second here, and would take it from every first visitor there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(?:m?js|css|html|svg|json|webmanifest)$/;
/** Below this, a smaller file saves no network packet. */
const SMALLEST = 1024;

export function packed(): Plugin {
  return {
    name: 'kanvoy-packed',
    apply: 'build',
    writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((file) => TEXT.test(file))) {
        const body = readFileSync(join(dir, name));
        if (body.length >= SMALLEST)
          writeFileSync(join(dir, `${name}.br`), brotliCompressSync(body));
      }
    },
  };
}
