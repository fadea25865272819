/** Priorities where they come as text. */
import type { Priority } from '@kanvoy/protocol/messages.gen.ts';

export function priority_of(key: string): Priority {
  const value = Number(key);
  return value === 0 || value === 2 || value === 3 ? value : 1;
}
