import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two workers at most: the suite shares its machine with pytest.
    maxWorkers: 2,
    // A worker and a jsdom per file took 68 s of CPU; a context per file is as separate, and takes
    // 22 (2026-11).
    pool: 'vmThreads',
    reporters: ['default', './tools/closing_line.ts'],
    projects: [
      {
        test: {
          name: 'engine',
          environment: 'node',
          include: ['{protocol,sync,tools}/**/*.test.ts'],
        },
      },
      {
        // svelteTesting picks Svelte's browser build (in the server build nothing mounts)
        // and unmounts after each test.
        plugins: [svelte(), svelteTesting()],
        test: {
          name: 'screens',
          environment: 'jsdom',
          // These packages ship .svelte files, which Node itself cannot load.
          server: { deps: { inline: ['bits-ui', 'svelte-toolbelt', 'runed', '@lucide/svelte'] } },
          include: ['{kit,board,driver,wallboard}/src/**/*.test.ts'],
        },
      },
    ],
  },
});
