/** Short messages at the lower edge, each with at most a few ways on. */

export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'bad';
  readonly actions: readonly ToastAction[];
  readonly ms: number;
  /** Of several with one slot only the newest is shown. */
  readonly slot: string;
}

const AT_MOST = 4;

export class Toasts {
  list: readonly Toast[] = $state.raw([]);
  #next = 1;

  /** Shows a message; `ms` 0 keeps it until somebody closes it. */
  show(text: string, options: Partial<Omit<Toast, 'id' | 'text'>> = {}): number {
    const id = this.#next++;
    const { tone = 'plain', actions = [], ms = 8_000, slot = '' } = options;
    const others = this.list.filter((toast) => slot === '' || toast.slot !== slot);
    this.list = [...others.slice(1 - AT_MOST), { id, text, tone, actions, ms, slot }];
    return id;
  }

  close_slot(slot: string): void {
    this.list = this.list.filter((toast) => toast.slot !== slot);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}
