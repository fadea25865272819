/** Where a card may go, and why not: the workflow's arrows, roles and limits, judged at once. */
import type { Card } from '@kanvoy/sync/full.ts';
import type { Stage, Workflow } from '@kanvoy/sync/records.ts';

export type { Stage, Workflow } from '@kanvoy/sync/records.ts';
type Transition = Workflow['transitions'][number];

/** What a person may do, as the server told at sign-in. */
export interface Powers {
  readonly roles: readonly string[];
  readonly permissions: ReadonlySet<string>;
}

/** Why a stage does not take a card. The words are made where they are shown. */
export type Obstacle =
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'workflow' }
  | { readonly kind: 'no_transition'; readonly from: string; readonly to: string }
  | { readonly kind: 'role'; readonly roles: readonly string[] }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'gate'; readonly gates: readonly string[] }
  | { readonly kind: 'lane' };

export type Verdict =
  | { readonly ok: true; readonly needs_note: boolean; readonly over_soft: boolean }
  | { readonly ok: false; readonly obstacle: Obstacle };

const FREE: Verdict = { ok: true, needs_note: false, over_soft: false };

/** `count` is how many cards the stage holds, also the filtered ones; `arriving` how many come. */
export function may_enter(
  card: Card,
  to: Stage,
  workflow: Workflow,
  powers: Powers,
  count: number,
  arriving = 1,
): Verdict {
  const no = (obstacle: Obstacle): Verdict => ({ ok: false, obstacle });
  if (!powers.permissions.has('stage.move')) return no({ kind: 'forbidden' });
  if (card.workflow_id !== workflow.id) return no({ kind: 'workflow' });
  if (card.stage_id === to.id) return FREE;
  if (to.category === 'cancelled' && !powers.permissions.has('order.cancel'))
    return no({ kind: 'forbidden' });
  const arrows = arrows_between(workflow, card.stage_id, to.id);
  if (arrows.length === 0) {
    const from = stage_of(workflow, card.stage_id)?.name ?? card.stage_id;
    return no({ kind: 'no_transition', from, to: to.name });
  }
  const mine = arrows.filter((arrow) => is_for(arrow, powers.roles));
  const [first] = mine;
  if (first === undefined)
    return no({ kind: 'role', roles: arrows.flatMap((arrow) => arrow.roles) });
  const after = count + arriving;
  if (to.hard !== null && after > to.hard && !powers.permissions.has('wip.override')) {
    return no({ kind: 'full', limit: to.hard });
  }
  const gates = first.gates.filter((gate) => is_shut(gate, card));
  if (gates.length > 0 && !powers.permissions.has('gate.override'))
    return no({ kind: 'gate', gates });
  return {
    ok: true,
    needs_note: mine.every((arrow) => arrow.needs_note),
    over_soft: to.soft !== null && after > to.soft,
  };
}

/** The next stage on the left or right that takes the card. */
export function next_stage(
  card: Card,
  step: 1 | -1,
  workflow: Workflow,
  verdict: (stage: Stage) => Verdict,
): Stage | undefined {
  const here = workflow.stages.findIndex((stage) => stage.id === card.stage_id);
  for (let at = here + step; at >= 0 && at < workflow.stages.length; at += step) {
    const stage = workflow.stages[at];
    if (stage !== undefined && verdict(stage).ok) return stage;
  }
  return undefined;
}

export function stage_of(workflow: Workflow, id: string): Stage | undefined {
  return workflow.stages.find((stage) => stage.id === id);
}

export function is_terminal(stage: Stage): boolean {
  return stage.category === 'done' || stage.category === 'cancelled';
}

function arrows_between(workflow: Workflow, from: string, to: string): readonly Transition[] {
  return workflow.transitions.filter(
    (arrow) => arrow.to_stage === to && arrow.from_stages.includes(from),
  );
}

function is_for(arrow: Transition, roles: readonly string[]): boolean {
  return arrow.roles.length === 0 || arrow.roles.some((role) => roles.includes(role));
}

/** The gates a card alone can answer; the others are the server's to judge. */
function is_shut(gate: string, card: Card): boolean {
  switch (gate) {
    case 'driver_assigned':
      return card.driver_id === null;
    case 'no_hold':
      return card.hold !== null;
    case 'no_review':
      return card.review !== null;
    case 'has_lines':
      return card.items === 0;
    case 'has_window':
      return card.window === null;
    default:
      return false;
  }
}
