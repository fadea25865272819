import { complete } from '@kanvoy/protocol/decode.ts';
import type { CardView, StageView, WorkflowView } from '@kanvoy/protocol/messages.gen.ts';
import { describe, expect, test } from 'vitest';
import { may_enter, next_stage, stage_of, type Powers, type Stage } from './moves.ts';

const STAGES: readonly StageView[] = [
  { id: 'new', name: 'New', category: 'new', hue: 'new' },
  { id: 'ready', name: 'Ready', category: 'ready', hue: 'ready', soft: 2, hard: 3 },
  { id: 'transit', name: 'In transit', category: 'in_transit', hue: 'transit' },
  { id: 'cancelled', name: 'Cancelled', category: 'cancelled', hue: 'cancelled' },
];
const short: WorkflowView = {
  type: 'workflow',
  id: 'w',
  name: 'Short',
  stages: STAGES,
  transitions: [
    { id: 'pack', name: 'Pack', from_stages: ['new'], to_stage: 'ready' },
    {
      id: 'go',
      name: 'Go',
      from_stages: ['ready'],
      to_stage: 'transit',
      roles: ['dispatcher'],
      gates: ['driver_assigned'],
    },
    {
      id: 'cancel',
      name: 'Cancel',
      from_stages: ['new', 'ready'],
      to_stage: 'cancelled',
      needs_note: true,
    },
  ],
};
const workflow = complete(short);

function a_card(fields: Partial<CardView> = {}) {
  const view: CardView = {
    type: 'card',
    id: 'a',
    number: 1,
    workflow_id: 'w',
    stage_id: 'new',
    category: 'new',
    stage_since: 0,
    rank: 'a0',
    customer: 'Hotel Adler',
    currency: 'EUR',
    created_at: 0,
    ...fields,
  };
  return complete(view);
}

function powers(...more: readonly string[]): Powers {
  return { roles: ['csr'], permissions: new Set(['stage.move', ...more]) };
}

function stage(id: string): Stage {
  const found = stage_of(workflow, id);
  if (found === undefined) throw new Error(id);
  return found;
}

describe('a stage takes a card', () => {
  test('when the workflow has an arrow and there is room', () => {
    expect(may_enter(a_card(), stage('ready'), workflow, powers(), 0)).toMatchObject({ ok: true });
  });

  test('with a warning beyond the soft limit', () => {
    expect(may_enter(a_card(), stage('ready'), workflow, powers(), 2)).toMatchObject({
      ok: true,
      over_soft: true,
    });
  });

  test('only with a word when the arrow asks for it', () => {
    const verdict = may_enter(a_card(), stage('cancelled'), workflow, powers('order.cancel'), 0);

    expect(verdict).toMatchObject({ ok: true, needs_note: true });
  });
});

describe('a stage says why it takes no card', () => {
  test.each([
    ['no arrow leads there', a_card(), 'transit', powers(), 0, 'no_transition'],
    ['it is full', a_card(), 'ready', powers(), 3, 'full'],
    ['the role may not', a_card({ stage_id: 'ready' }), 'transit', powers(), 0, 'role'],
    ['cancelling is for others', a_card(), 'cancelled', powers(), 0, 'forbidden'],
    [
      'the order follows another workflow',
      a_card({ workflow_id: 'v' }),
      'ready',
      powers(),
      0,
      'workflow',
    ],
  ] as const)('%s', (_, card, to, who, count, kind) => {
    expect(may_enter(card, stage(to), workflow, who, count)).toMatchObject({
      ok: false,
      obstacle: { kind },
    });
  });

  test('a gate is shut that the card itself answers', () => {
    const who: Powers = { roles: ['dispatcher'], permissions: new Set(['stage.move']) };
    const card = a_card({ stage_id: 'ready' });

    expect(may_enter(card, stage('transit'), workflow, who, 0)).toMatchObject({
      obstacle: { kind: 'gate' },
    });
    expect(may_enter({ ...card, driver_id: 'd' }, stage('transit'), workflow, who, 0).ok).toBe(
      true,
    );
  });

  test('unless the person may pass over limits', () => {
    expect(may_enter(a_card(), stage('ready'), workflow, powers('wip.override'), 9).ok).toBe(true);
  });
});

test('the next stage is the nearest one that takes the card', () => {
  const verdict = (one: Stage) =>
    may_enter(a_card(), one, workflow, powers('order.cancel'), one.id === 'ready' ? 3 : 0);

  expect(next_stage(a_card(), 1, workflow, verdict)?.id).toBe('cancelled');
});
