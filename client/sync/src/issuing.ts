import type {
  BulkItem,
  Command,
  CommandNumber,
  FieldGroup,
  OrderCommand,
  OrderId,
  Rank,
  StageId,
  Submit,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';
import { effects, singles, type Entry, type Guess } from './entry.ts';
import { difference, picked, type Card } from './full.ts';
import { groups_of, orders_of, overlaps } from './groups.ts';
import { overlay_card, type Scene } from './overlay_card.ts';
import { overlay_order } from './overlay_order.ts';
import { rank_between } from './rank.ts';
import type { Replica } from './replica.ts';
import { RunPlacing } from './run_placing.ts';
import type { Step } from './undo.ts';

/** How a command is issued when not in the plain way. */
export interface IssueOptions {
  readonly base_version?: Version;
  readonly base_groups?: Readonly<Record<FieldGroup, Version>>;
  /** "I saw this version and want it anyway." */
  readonly over?: Version;
  readonly depends_on?: readonly CommandNumber[];
  readonly fact?: boolean;
}

/** The body limit of the protocol; the newest dependencies imply the older ones. */
const MOST_DEPENDENCIES = 32;

/** The body to be stored and sent under a number, and what the screen shows meanwhile. */
export function written(
  replica: Replica,
  number: CommandNumber,
  command: Command,
  options: IssueOptions,
  issued_at: number,
  undone: Step | null,
): Entry {
  const based = with_bases(replica, command);
  const { needs, bases } = foundation(replica, based, undone);
  const submit: Submit = {
    type: 'command',
    number,
    command: based,
    ...base_of(replica, based, options, bases),
    ...(options.over === undefined ? {} : { over: options.over }),
    ...(options.fact === undefined ? {} : { fact: options.fact }),
    ...some_dependencies([...needs, ...(options.depends_on ?? [])]),
  };
  const guesses = undone === null ? guessed(replica, based, issued_at) : {};
  return {
    submit,
    issued_at,
    guesses,
    undoes: undone && { command: undone.command, guesses: undone.guesses },
  };
}

/** Each item of a bulk is judged on its own, so each needs its own base. */
function with_bases(replica: Replica, command: Command): Command {
  if (command.kind !== 'run_bulk') return command;
  const based = (item: BulkItem): BulkItem => ({
    ...item,
    base_version: item.base_version ?? replica.seen_version(item.command.order_id),
  });
  return { ...command, items: command.items.map(based) };
}

function base_of(
  replica: Replica,
  command: Command,
  options: IssueOptions,
  own: Readonly<Record<FieldGroup, Version>>,
): Pick<Submit, 'base_version' | 'base_groups'> {
  const [only, ...others] = orders_of(command);
  const seen = only !== undefined && others.length === 0 ? replica.seen_version(only) : 0;
  const base_version = options.base_version ?? seen;
  const groups: Record<FieldGroup, Version> = { ...options.base_groups };
  for (const [group, version] of Object.entries(own)) {
    groups[group] = Math.max(version, groups[group] ?? base_version);
  }
  return {
    ...(base_version > 0 ? { base_version } : {}),
    ...(Object.keys(groups).length > 0 ? { base_groups: groups } : {}),
  };
}

/** What a new command builds on: own commands without verdict, and versions own ones produced. */
function foundation(
  replica: Replica,
  command: Command,
  undone: Step | null,
): { needs: readonly CommandNumber[]; bases: Readonly<Record<FieldGroup, Version>> } {
  const needs = new Set<CommandNumber>();
  const bases: Record<FieldGroup, Version> = {};
  if (undone !== null && replica.pending.find(undone.number)?.receipt === null) {
    needs.add(undone.number);
  }
  for (const single of singles(command)) {
    const groups = groups_of(single);
    for (const earlier of replica.pending.of(single.order_id)) {
      const before = effects(earlier.entry).filter(
        (each) => each.order_id === single.order_id && builds_on(groups, each),
      );
      if (before.length === 0 || earlier.fallen) continue;
      const version = earlier.receipt?.versions?.[single.order_id];
      if (earlier.receipt === null) needs.add(earlier.number);
      else if (version !== undefined && command.kind !== 'run_bulk') {
        const contested = groups.filter((group) =>
          before.some((each) => overlaps([group], groups_of(each))),
        );
        for (const group of contested) bases[group] = Math.max(version, bases[group] ?? 0);
      }
    }
  }
  return { needs: [...needs], bases };
}

function builds_on(groups: readonly FieldGroup[], earlier: OrderCommand): boolean {
  if (earlier.kind === 'create_order' || earlier.kind === 'copy_order') return true;
  const written_before = groups_of(earlier);
  if (overlaps(groups, written_before)) return true;
  // Quantity and price of a line build on the command that added it.
  return (
    earlier.kind === 'add_lines' &&
    earlier.lines.some((line) => groups.some((group) => group.endsWith(`:${line.line_id}`)))
  );
}

function some_dependencies(numbers: readonly CommandNumber[]): Pick<Submit, 'depends_on'> {
  const depends_on = [...new Set(numbers)].sort((one, other) => one - other);
  return depends_on.length === 0 ? {} : { depends_on: depends_on.slice(-MOST_DEPENDENCIES) };
}

/** What the screen will show of each order, and what it showed before. */
function guessed(
  replica: Replica,
  command: Command,
  issued_at: number,
): Readonly<Record<OrderId, Guess>> {
  const scene = replica.scene(replica.server_time(issued_at));
  const placing = new Placing(replica, scene);
  const runs = new RunPlacing(replica);
  const guesses: Record<OrderId, Guess> = {};
  for (const single of singles(command)) {
    const id = single.order_id;
    const shown = guess(replica, single, placing.rank(single), scene);
    guesses[id] = joined(guesses[id], { ...shown, ...runs.guess(single) });
  }
  return guesses;
}

function guess(replica: Replica, command: OrderCommand, rank: Rank | null, scene: Scene): Guess {
  const id = command.order_id;
  const shown = { rank, card_was: {}, card_mine: {}, order_was: {}, order_mine: {} };
  const card = replica.current_card(id)?.card ?? null;
  const card_mine = difference(card, overlay_card(card, command, shown, scene));
  const order = replica.order(id)?.order ?? null;
  const after = order === null ? null : overlay_order(order, command, shown, scene);
  const order_mine = difference(order, after);
  return {
    rank,
    card_was: picked(card, Object.keys(card_mine)),
    card_mine,
    order_was: picked(order, Object.keys(order_mine)),
    order_mine,
  };
}

/** Two items of a bulk on one order: before the first, after the second. */
function joined(first: Guess | undefined, second: Guess): Guess {
  if (first === undefined) return second;
  return {
    rank: second.rank ?? first.rank,
    card_was: { ...second.card_was, ...first.card_was },
    card_mine: { ...first.card_mine, ...second.card_mine },
    order_was: { ...second.order_was, ...first.order_was },
    order_mine: { ...first.order_mine, ...second.order_mine },
    ...joined_stops(first, second),
  };
}

function joined_stops(first: Guess, second: Guess): Partial<Guess> {
  const stops_was = first.stops_was ?? second.stops_was;
  if (stops_was === undefined) return {};
  return { stops_was, stop_ranks: { ...first.stop_ranks, ...second.stop_ranks } };
}

/** Where cards are drawn until the server places them; cards of one bulk keep their order. */
class Placing {
  readonly #replica: Replica;
  readonly #scene: Scene;
  readonly #latest = new Map<string, Rank>();
  readonly #bottoms = new Map<StageId, Rank | null>();

  constructor(replica: Replica, scene: Scene) {
    this.#replica = replica;
    this.#scene = scene;
  }

  rank(command: OrderCommand): Rank | null {
    switch (command.kind) {
      case 'move_order':
        return this.#between(command.to_stage, command.after_id, command.before_id);
      case 'reorder_order': {
        const stage = this.#card(command.order_id)?.stage_id ?? '';
        return this.#between(stage, command.after_id, command.before_id);
      }
      case 'create_order':
      case 'copy_order':
        return this.#top(this.#scene.start()?.stage ?? '');
      default:
        return null;
    }
  }

  #between(
    stage: StageId,
    after_id: OrderId | null | undefined,
    before_id: OrderId | null | undefined,
  ): Rank {
    const gap = `${stage}\n${after_id ?? ''}\n${before_id ?? ''}`;
    const before = this.#card(before_id)?.rank ?? null;
    const open_end = before === null ? this.#bottom(stage) : null;
    const after = this.#latest.get(gap) ?? this.#card(after_id)?.rank ?? open_end;
    const rank = rank_between(after, before);
    this.#latest.set(gap, rank);
    return rank;
  }

  /** Where the server puts new orders. */
  #top(stage: StageId): Rank {
    let top: Rank | null = null;
    for (const { card } of this.#replica.cards()) {
      if (card.stage_id === stage && (top === null || card.rank < top)) top = card.rank;
    }
    return rank_between(null, top);
  }

  #card(id: OrderId | null | undefined): Card | undefined {
    return id == null ? undefined : this.#replica.current_card(id)?.card;
  }

  #bottom(stage: StageId): Rank | null {
    const known = this.#bottoms.get(stage);
    if (known !== undefined) return known;
    let bottom: Rank | null = null;
    for (const { card } of this.#replica.cards()) {
      if (card.stage_id === stage && (bottom === null || card.rank > bottom)) bottom = card.rank;
    }
    this.#bottoms.set(stage, bottom);
    return bottom;
  }
}
