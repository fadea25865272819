import type {
  CommandNumber,
  FieldGroup,
  OrderCommand,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';
import {
  clean,
  edited,
  followed,
  kept,
  saved,
  taken,
  type Field,
  type Live,
} from './field_merge.ts';
import { read_group, write_group } from './group_values.ts';
import type { ShownOrder } from './shown.ts';
import { signal, type Readable, type Signal } from './signal.ts';

/** How a draft is sent: one command with the version its field was last seen in. */
export type SendDraft = (
  command: OrderCommand,
  options: { readonly base_groups: Readonly<Record<FieldGroup, Version>> },
) => CommandNumber;

/** The fields of one order that a person edits, each merged with what others save meanwhile. */
export class Draft {
  readonly #send: SendDraft;
  readonly #fields = new Map<FieldGroup, Signal<Field>>();
  readonly #dirty: Signal<readonly FieldGroup[]> = signal<readonly FieldGroup[]>([]);
  #shown: ShownOrder | null = null;

  constructor(send: SendDraft) {
    this.#send = send;
  }

  /** Groups with unsaved input, contested ones too. */
  get dirty(): Readable<readonly FieldGroup[]> {
    return this.#dirty;
  }

  field(group: FieldGroup): Readable<Field> {
    return this.#field(group);
  }

  edit(group: FieldGroup, value: unknown): void {
    this.#change(group, (field) => edited(field, value));
  }

  keep(group: FieldGroup): void {
    this.#change(group, kept);
  }

  take(group: FieldGroup): void {
    this.#change(group, taken);
  }

  /** Gives up the input. */
  revert(group: FieldGroup): void {
    this.#change(group, taken);
  }

  /** Sends what is dirty, each field on its own; contested ones wait until kept or taken. */
  save(): readonly CommandNumber[] {
    const shown = this.#shown;
    if (shown === null) return [];
    const numbers: CommandNumber[] = [];
    for (const [group, field] of this.#fields) {
      const now = field.get();
      if (now.state !== 'dirty') continue;
      const command = write_group(shown.order, group, now.mine);
      if (command === null) continue;
      // First, so that the pending value that comes back finds a clean field.
      field.set(saved(now));
      numbers.push(this.#send(command, { base_groups: { [group]: now.version } }));
    }
    this.#tell();
    return numbers;
  }

  /** The order as it is shown now. */
  follow(shown: ShownOrder): void {
    this.#shown = shown;
    for (const [group, field] of this.#fields) field.set(followed(field.get(), this.#live(group)));
    this.#tell();
  }

  #field(group: FieldGroup): Signal<Field> {
    const found = this.#fields.get(group);
    if (found !== undefined) return found;
    const fresh = signal<Field>(clean(this.#live(group)));
    this.#fields.set(group, fresh);
    return fresh;
  }

  #live(group: FieldGroup): Live {
    const shown = this.#shown;
    const mark = shown?.order.marks[group];
    return {
      value: shown === null ? undefined : read_group(shown.order, group),
      version: shown?.version ?? 0,
      by_name: mark?.by_name ?? shown?.stamp?.by_name ?? '',
      at: mark?.at ?? shown?.stamp?.at ?? 0,
    };
  }

  #change(group: FieldGroup, how: (field: Field) => Field): void {
    const field = this.#field(group);
    field.set(how(field.get()));
    this.#tell();
  }

  #tell(): void {
    const dirty = [...this.#fields]
      .filter(([, field]) => field.get().state !== 'clean')
      .map(([group]) => group);
    const before = this.#dirty.get();
    if (dirty.length !== before.length || dirty.some((group, at) => group !== before[at])) {
      this.#dirty.set(dirty);
    }
  }
}
