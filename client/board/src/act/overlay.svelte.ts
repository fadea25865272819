/** What lies over the board: at most one dialog, and beside it at most one open order. */
import type { BulkRefusal } from '@kanvoy/sync/notices.ts';

export type Dialog =
  | { readonly kind: 'move'; readonly ids: readonly string[]; readonly stage?: string }
  | {
      readonly kind: 'driver';
      readonly ids: readonly string[];
      /** Only these deliveries; without, all open ones of the orders. */
      readonly stops?: readonly StopNamed[];
    }
  | { readonly kind: 'csr'; readonly ids: readonly string[] }
  | { readonly kind: 'priority'; readonly ids: readonly string[] }
  | { readonly kind: 'labels'; readonly ids: readonly string[] }
  | { readonly kind: 'reason'; readonly ask: ReasonAsked }
  | { readonly kind: 'review'; readonly refused: readonly BulkRefusal[] }
  | { readonly kind: 'palette' }
  | { readonly kind: 'keys' }
  | { readonly kind: 'tray' }
  | { readonly kind: 'claims' }
  | { readonly kind: 'create' };

/** One delivery of one order. */
export interface StopNamed {
  readonly order_id: string;
  readonly delivery_id: string;
}

export interface ReasonAsked {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly danger: boolean;
  readonly needed: boolean;
  readonly run: (reason: string) => void;
}

export interface CardMenu {
  readonly id: string;
  readonly anchor: Element;
}

export class Overlay {
  dialog: Dialog | null = $state.raw(null);
  menu: CardMenu | null = $state.raw(null);
  order_id: string | null = $state.raw(null);

  open(dialog: Dialog): void {
    this.menu = null;
    this.dialog = dialog;
  }

  close(): void {
    this.dialog = null;
  }

  /** Opens an order beside the board; its address can be shared. */
  open_order(id: string): void {
    this.order_id = id;
    history.replaceState(null, '', `#/order/${id}`);
  }

  close_order(): void {
    this.order_id = null;
    history.replaceState(null, '', location.pathname + location.search);
  }

  follow_address(): void {
    const found = /^#\/order\/([0-9a-z][0-9a-z-]{2,63})$/.exec(location.hash);
    this.order_id = found?.[1] ?? null;
  }
}
