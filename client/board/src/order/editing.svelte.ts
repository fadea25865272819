/** One open order: what is shown, what this person edits, and who else does. */
import { createContext } from 'svelte';
import { fromStore } from 'svelte/store';
import { t } from '@kanvoy/kit/texts.ts';
import type { FieldGroup, OrderCommand, Person } from '@kanvoy/protocol/messages.gen.ts';
import type { Order } from '@kanvoy/sync/full.ts';
import type { OpenedOrder } from '@kanvoy/sync/opened.ts';
import type { ShownOrder } from '@kanvoy/sync/shown.ts';
import type { Desk } from '../desk.svelte.ts';

export class Editing {
  readonly desk: Desk;
  readonly opened: OpenedOrder;
  readonly #state;
  readonly #people;

  constructor(desk: Desk, opened: OpenedOrder) {
    this.desk = desk;
    this.opened = opened;
    this.#state = fromStore(opened.state);
    this.#people = fromStore(opened.people);
  }

  get state() {
    return this.#state.current;
  }
  /** The last that was known, also when the order is gone. */
  get shown(): ShownOrder | null {
    const { state } = this;
    if (state.phase === 'ready') return state.shown;
    return state.phase === 'gone' ? state.last : null;
  }
  get order(): Order | null {
    return this.shown?.order ?? null;
  }
  /** Colleagues who have this order open. */
  get people(): readonly Person[] {
    return this.#people.current.filter((person) => person.id !== this.desk.user.id);
  }

  /** Whether lines, money and the rest may be changed in the stage where the order is. */
  get may_edit(): boolean {
    return this.desk.may('order.edit') && this.#allowed() === 'content';
  }
  get may_edit_address(): boolean {
    return this.desk.may('order.edit') && this.#allowed() !== 'none';
  }
  get may_price(): boolean {
    return this.may_edit && this.desk.may('price.override');
  }

  /** `Mei, Sat 21 Nov, 13:58`: who last changed a field. */
  mark(group: FieldGroup): string {
    const mark = this.order?.marks[group];
    if (mark === undefined) return '';
    return t('changed_by', { name: mark.by_name, when: this.desk.formats.moment(mark.at) });
  }

  editor(group: FieldGroup): Person | undefined {
    return this.people.find((person) => person.doing === 'editing' && person.group === group);
  }

  focus(group: FieldGroup): void {
    this.desk.engine.presence.show('editing', this.opened.id, group);
  }
  blur(): void {
    this.desk.engine.presence.show('viewing', this.opened.id);
  }

  save(): void {
    this.opened.draft.save();
    this.desk.engine.flush();
  }

  issue(command: OrderCommand): void {
    this.desk.engine.issue(command);
    this.desk.engine.flush();
  }

  #allowed(): 'content' | 'address' | 'none' {
    const { order } = this;
    if (order === null || order.deleted || this.state.phase !== 'ready') return 'none';
    return this.desk.stage(order.stage_id)?.allow_edit ?? 'content';
  }
}

export const [get_editing, set_editing] = createContext<Editing>();
