/** What the page and its worker say to each other in the demo. */
import type { OrderCommand, Person, TimelineEntry } from '@kanvoy/protocol/messages.gen.ts';

export type ToWorker =
  | {
      readonly kind: 'start';
      readonly cards: number;
      readonly rate: number;
      readonly hot: boolean;
      readonly delay: number;
    }
  | { readonly kind: 'frame'; readonly text: string }
  | { readonly kind: 'change'; readonly command: OrderCommand; readonly by: string }
  | { readonly kind: 'people'; readonly people: Person[] }
  | { readonly kind: 'rate'; readonly rate: number }
  | { readonly kind: 'delay'; readonly delay: number }
  | { readonly kind: 'timeline'; readonly id: string };

export type FromWorker =
  | { readonly kind: 'frame'; readonly text: string }
  | { readonly kind: 'timeline'; readonly id: string; readonly items: readonly TimelineEntry[] };
