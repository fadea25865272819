/**
 * The gates of the client, in the order of what a person fixes first.
 *
 * All of them run even when one fails, so that one run shows all there is to mend.
 * They are started directly, not through `npm run`: the npm on PATH may be another one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('..', import.meta.url));

const gates: readonly (readonly string[])[] = [
  ['tsc', '--project', 'protocol'],
  // No DOM library here: `window` in the engine is a compile error.
  ['tsc', '--project', 'sync'],
  ['svelte-check', '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'],
  ['depcruise', '--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...sources()],
  ['prettier', '--check', '--log-level', 'warn', '.'],
];

function sources(): string[] {
  const folders = ['protocol', 'sync', 'kit', 'board', 'driver', 'wallboard'];
  return folders.map((folder) => `${folder}/src`).filter((path) => existsSync(`${client}/${path}`));
}

const broken: string[] = [];
for (const [program = '', ...options] of gates) {
  console.log(`• ${program} ${options.join(' ')}`);
  const outcome = spawnSync(`${client}/node_modules/.bin/${program}`, options, {
    cwd: client,
    stdio: 'inherit',
  });
  if (outcome.status !== 0) broken.push(program);
}
if (broken.length > 0) {
  console.error(`client gates broken: ${broken.join(', ')}`);
  process.exit(1);
}
