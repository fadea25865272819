/** A record as it is being edited: a copy, and the version it began with. */
import type { Command } from '@kanvoy/protocol/messages.gen.ts';
import { same } from '@kanvoy/sync/full.ts';
import type { Desk } from '../desk.svelte.ts';
import { s } from './words.ts';

export class RecordDraft<T extends object> {
  readonly desk: Desk;
  readonly kind: string;
  readonly id: string;
  readonly is_new: boolean;
  value: T = $state.raw({} as T);
  #was: T = $state.raw({} as T);
  #base: number = $state(0);

  constructor(desk: Desk, kind: string, id: string, value: T, is_new: boolean) {
    this.desk = desk;
    this.kind = kind;
    this.id = id;
    this.is_new = is_new;
    this.value = value;
    this.#was = value;
    this.#base = desk.engine.record_version(kind, id);
  }

  get dirty(): boolean {
    return !same(this.value, this.#was);
  }

  set<Key extends keyof T>(key: Key, value: T[Key]): void {
    this.value = { ...this.value, [key]: value };
  }

  /** The record as the server has it now; what is untouched follows at once. */
  follow(now: T): 'same' | 'followed' | 'contested' {
    const version = this.desk.engine.record_version(this.kind, this.id);
    if (version === this.#base) return 'same';
    if (same(now, this.value) || !this.dirty) {
      this.take(now);
      return 'followed';
    }
    return 'contested';
  }

  take(now: T): void {
    this.value = now;
    this.#was = now;
    this.#base = this.desk.engine.record_version(this.kind, this.id);
  }

  /** What was typed stands over what somebody saved meanwhile. */
  keep(): void {
    this.#base = this.desk.engine.record_version(this.kind, this.id);
  }

  revert(): void {
    this.value = this.#was;
  }

  save(command: Command): void {
    const base = this.#base > 0 ? { base_version: this.#base } : {};
    this.desk.engine.issue(command, base);
    this.desk.engine.flush();
    this.#was = this.value;
    this.desk.toasts.show(s('saved'), { ms: 3_000 });
    this.desk.announcer.say(s('saved'));
  }
}
