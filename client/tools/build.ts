/**
 * Builds each app by itself, all into one folder with one manifest.
 *
 * Built together, apps would share a chunk with whatever any of them needs of the runtime: a
 * display would load what only the board uses. Nobody opens two of them on one device.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type LogLevel } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const apps = ['board', 'driver', 'wallboard'].filter((app) =>
  existsSync(here(`${app}/index.html`)),
);
const asked = process.argv.indexOf('--logLevel');
const logLevel = (asked < 0 ? 'info' : process.argv[asked + 1]) as LogLevel;

const whole: Record<string, unknown> = {};
const folder = here('../server/web/static');
for (const [at, app] of apps.entries()) {
  process.env['KANVOY_APP'] = app;
  const manifest = `manifest.${app}.json`;
  const emptyOutDir = at === 0;
  await build({ configFile: here('vite.config.ts'), logLevel, build: { emptyOutDir, manifest } });
  Object.assign(whole, JSON.parse(readFileSync(join(folder, manifest), 'utf-8')));
  for (const name of [manifest, `${manifest}.br`]) rmSync(join(folder, name), { force: true });
}
writeFileSync(join(folder, 'manifest.json'), JSON.stringify(whole, null, 2));
