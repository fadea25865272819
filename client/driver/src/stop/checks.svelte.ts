import type { DeliveryId, LineId } from '@kanvoy/protocol/messages.gen.ts';
import { SvelteSet } from 'svelte/reactivity';

/** Which lines the driver has ticked off at the vehicle; a help for the hands, kept nowhere. */
export class Checks {
  readonly #checked = new SvelteSet<string>();

  has(delivery: DeliveryId, line: LineId): boolean {
    return this.#checked.has(`${delivery}/${line}`);
  }

  toggle(delivery: DeliveryId, line: LineId): void {
    const key = `${delivery}/${line}`;
    if (!this.#checked.delete(key)) this.#checked.add(key);
  }

  /** The line is another one now: look again. */
  forget(delivery: DeliveryId, line: LineId): void {
    this.#checked.delete(`${delivery}/${line}`);
  }
}
