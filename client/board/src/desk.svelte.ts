/** The operator's desk: the engine and everything the screens of the board share. */
import { createContext } from 'svelte';
import { fromStore } from 'svelte/store';
import { Announcer } from '@kanvoy/kit/announcer.ts';
import { formats, type Formats } from '@kanvoy/kit/format.ts';
import type { Http } from '@kanvoy/kit/http.ts';
import { t } from '@kanvoy/kit/texts.ts';
import { Toasts } from '@kanvoy/kit/toasts.svelte.ts';
import type { Permission, Whoami } from '@kanvoy/protocol/messages.gen.ts';
import type { Engine } from '@kanvoy/sync/engine.ts';
import type { Card } from '@kanvoy/sync/full.ts';
import { Overlay } from './act/overlay.svelte.ts';
import {
  may_enter,
  type Powers,
  type Stage,
  stage_of,
  type Verdict,
  type Workflow,
} from './act/moves.ts';
import { alarms_of, type Alarms } from './view/alarms.ts';
import { Drag } from './view/drag_state.svelte.ts';
import { Focus } from './view/focus.svelte.ts';
import { NEEDS, Screen, SCREENS, type ScreenName } from './view/screen.svelte.ts';
import { Seen } from './view/seen.svelte.ts';
import { Selection } from './view/selection.svelte.ts';
import { ViewSettings } from './view/settings.svelte.ts';
import { Company } from './view/company.svelte.ts';

/** How often words that depend on the clock are made again. */
const TICK_MS = 15_000;

/** People cannot read numbers that change 60 times a second: counts and sums are drawn at 4 Hz. */
const BEAT_MS = 250;

export interface DeskOptions {
  readonly engine: Engine;
  readonly user: Whoami;
  readonly http: Http;
  readonly sign_out: () => void;
}

export class Desk {
  readonly engine: Engine;
  readonly user: Whoami;
  readonly http: Http;
  readonly sign_out: () => void;
  readonly toasts = new Toasts();
  readonly announcer = new Announcer((count) => t('said.changed', { count }));
  readonly view = new ViewSettings();
  readonly overlay = new Overlay();
  readonly selection = new Selection();
  readonly focus = new Focus();
  readonly screen = new Screen();
  readonly drag = new Drag();
  readonly seen = new Seen();
  readonly company: Company;
  readonly powers: Powers;

  readonly #status;
  readonly #settings;
  readonly #workflows;
  readonly #history;
  readonly #refused;
  /** Server time, coarse: late marks and "3 min ago" follow it. */
  now: number = $state.raw(0);
  /** Grows when counts and sums are worth drawing again. */
  beat: number = $state.raw(0);
  #workflow_id: string | null = $state.raw(null);

  readonly formats: Formats = $derived.by(() => {
    const { locale, time_zone } = this.settings;
    return formats(locale, time_zone);
  });
  readonly workflow: Workflow | null = $derived.by(() => {
    const all = this.#workflows.current;
    return (
      all.find((one) => one.id === this.#workflow_id) ??
      all.find((one) => one.default) ??
      all[0] ??
      null
    );
  });
  /** Drawn at the pace of the counts. */
  readonly alarms: Alarms = $derived.by(() => {
    void this.beat;
    return alarms_of(this.#cards());
  });
  readonly stages: readonly Stage[] = $derived(
    (this.workflow?.stages ?? []).filter((stage) => !this.view.is_hidden(stage.id)),
  );

  constructor(options: DeskOptions) {
    this.engine = options.engine;
    this.user = options.user;
    this.http = options.http;
    this.sign_out = options.sign_out;
    const { engine, user } = options;
    this.powers = { roles: user.roles, permissions: new Set(user.permissions) };
    this.#status = fromStore(engine.status);
    this.#settings = fromStore(engine.records.settings);
    this.#workflows = fromStore(engine.records.workflows);
    this.#history = fromStore(engine.history);
    this.#refused = fromStore(engine.refused);
    this.company = new Company(engine);
    this.now = engine.now();
  }

  /** Starts what runs beside the screens; the answer stops it. */
  start(): () => void {
    const timer = setInterval(() => (this.now = this.engine.now()), TICK_MS);
    const stop = this.#keep_beat();
    return () => {
      clearInterval(timer);
      stop();
      this.announcer.remove();
    };
  }

  get status() {
    return this.#status.current;
  }
  get settings() {
    return this.#settings.current ?? NO_SETTINGS;
  }
  get workflows() {
    return this.#workflows.current;
  }
  get history() {
    return this.#history.current;
  }
  get refused() {
    return this.#refused.current;
  }

  may(permission: Permission): boolean {
    return this.powers.permissions.has(permission);
  }

  /** The screens this person may open; one alone needs no way to it. */
  get screens(): readonly ScreenName[] {
    const may = (name: ScreenName): boolean =>
      NEEDS[name].length === 0 || NEEDS[name].some((permission) => this.may(permission));
    return SCREENS.filter(may);
  }

  choose_workflow(id: string): void {
    this.#workflow_id = id;
  }

  number_of(card: { readonly number: number }): string {
    return `${this.settings.number_prefix}${card.number}`;
  }

  stage(id: string): Stage | undefined {
    for (const workflow of this.#workflows.current) {
      const found = stage_of(workflow, id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  stage_name(id: string): string {
    return this.stage(id)?.name ?? id;
  }

  /** Whether `card` may go to `to` now, judged as the server will. */
  verdict(card: Card, to: Stage, arriving = 1): Verdict {
    const workflow = this.workflow;
    if (workflow === null) return { ok: false, obstacle: { kind: 'workflow' } };
    const count = this.engine.board.stage(to.id).all;
    return may_enter(card, to, workflow, this.powers, count, arriving);
  }

  *#cards(): Iterable<Card> {
    for (const id of this.engine.board.ids()) {
      const shown = this.engine.board.card(id);
      if (shown !== undefined) yield shown.card;
    }
  }

  /** The first change is drawn at once, the ones after it together. */
  #keep_beat(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let again = false;
    const rest = (): void => {
      timer = undefined;
      if (!again) return;
      again = false;
      this.beat += 1;
      timer = setTimeout(rest, BEAT_MS);
    };
    const stop = this.engine.board.on_change(() => {
      if (timer !== undefined) {
        again = true;
        return;
      }
      this.beat += 1;
      timer = setTimeout(rest, BEAT_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }
}

const NO_SETTINGS = {
  name: '',
  currency: 'EUR',
  locale: 'en',
  time_zone: 'UTC',
  number_prefix: '',
  price_mode: 'net',
  labels: [],
  acknowledge_seconds: 0,
  service_seconds: 0,
  tile_url: '',
  tile_attribution: '',
} as const;

export const [get_desk, set_desk] = createContext<Desk>();
