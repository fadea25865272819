/** What is not needed for the first look at the run; fetched as soon as the phone has a moment. */
import type { ShownStop } from '@kanvoy/sync/run.ts';
import type { Component } from 'svelte';

export type StopSheet = Component<{ stop: ShownStop }>;
type Fetch<Part> = () => Promise<{ readonly default: Part }>;

export const STOP_SHEETS = {
  deliver: () => import('./proof/Deliver.svelte'),
  problem: () => import('./proof/Problem.svelte'),
  expense: () => import('./proof/Expense.svelte'),
  note: () => import('./stop/NoteSheet.svelte'),
  navigate: () => import('./stop/NavigateSheet.svelte'),
  first: () => import('./stop/First.svelte'),
} satisfies Readonly<Record<string, Fetch<StopSheet>>>;

export const menu: Fetch<Component> = () => import('./run/Menu.svelte');
export const waiting: Fetch<Component> = () => import('./waiting/Waiting.svelte');
export const waking = (): Promise<typeof import('./waking/index.ts')> =>
  import('./waking/index.ts');
const signature_pad = (): Promise<typeof import('signature_pad')> => import('signature_pad');

/** While there is network: at the customer's door there may be none. */
export async function fetch_ahead(): Promise<void> {
  const all = [...Object.values(STOP_SHEETS), menu, waiting, waking, signature_pad];
  await Promise.allSettled(all.map((fetch) => fetch()));
}
