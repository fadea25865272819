/** Short messages at the top of the screen. Those that matter stay until somebody has read them. */

export interface Saying {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'warn' | 'bad';
  readonly act: { readonly label: string; readonly run: () => void } | null;
}

export interface SayOptions {
  readonly tone?: Saying['tone'];
  readonly act?: Saying['act'];
  /** How long it stays; 0: until it is closed. */
  readonly ms?: number;
}

const AT_MOST = 3;

export class Says {
  list: readonly Saying[] = $state.raw([]);
  #next = 1;

  say(text: string, { tone = 'plain', act = null, ms = 6_000 }: SayOptions = {}): void {
    const id = this.#next++;
    const others = this.list.filter((each) => each.text !== text);
    this.list = [...others.slice(1 - AT_MOST), { id, text, tone, act }];
    if (ms > 0) setTimeout(() => this.close(id), ms);
  }

  close(id: number): void {
    this.list = this.list.filter((each) => each.id !== id);
  }
}
