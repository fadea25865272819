import type { CardView, Command } from '@kanvoy/protocol/messages.gen.ts';
import { complete } from '@kanvoy/protocol/decode.ts';
import { describe, expect, test } from 'vitest';
import { drop, is_still, neighbours, type Issuer } from './drag.ts';

function a_board(
  stages: Readonly<Record<string, string>>,
): Issuer & { readonly issued: Command[] } {
  const issued: Command[] = [];
  return {
    issued,
    card: (id) => {
      const stage_id = stages[id];
      if (stage_id === undefined) return undefined;
      const view: CardView = {
        type: 'card',
        id,
        number: 1,
        workflow_id: 'w',
        stage_id,
        category: 'new',
        stage_since: 0,
        rank: 'a0',
        customer: 'Hotel Adler',
        currency: 'EUR',
        created_at: 0,
      };
      const card = complete(view);
      return { card, version: 7 };
    },
    issue: (command) => issued.push(command),
    flush: () => undefined,
  };
}

describe('a dropped card', () => {
  test('moves between the two cards its mover saw', () => {
    const board = a_board({ a: 'new', x: 'ready', y: 'ready' });

    drop(board, ['a'], { stage: 'ready', ids: ['x', 'y'], index: 1 });

    expect(board.issued).toEqual([
      {
        kind: 'move_order',
        order_id: 'a',
        from_stage: 'new',
        to_stage: 'ready',
        after_id: 'x',
        before_id: 'y',
      },
    ]);
  });

  test('is only put elsewhere when it stays in its stage', () => {
    const board = a_board({ a: 'new', b: 'new', c: 'new' });

    drop(board, ['a'], { stage: 'new', ids: ['a', 'b', 'c'], index: 3 });

    expect(board.issued).toEqual([
      { kind: 'reorder_order', order_id: 'a', after_id: 'c', before_id: null },
    ]);
  });

  test('says why when the way asks for it', () => {
    const board = a_board({ a: 'new' });

    drop(board, ['a'], { stage: 'cancelled', ids: [], index: 0 }, { note: 'Customer called' });

    expect(board.issued).toMatchObject([{ note: 'Customer called' }]);
  });

  test('stays when the gap is beside itself', () => {
    const board = a_board({ a: 'new', b: 'new' });
    const place = { stage: 'new', ids: ['a', 'b'] };

    expect([0, 1, 2].map((index) => is_still(board, ['a'], { ...place, index }))).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('several dropped cards', () => {
  test('keep their order and travel as one bulk', () => {
    const board = a_board({ a: 'new', b: 'confirmed', x: 'ready', y: 'ready' });

    drop(board, ['a', 'b'], { stage: 'ready', ids: ['x', 'y'], index: 1 }, { bulk: true });

    expect(board.issued).toMatchObject([
      {
        kind: 'run_bulk',
        items: [
          {
            base_version: 7,
            command: { order_id: 'a', from_stage: 'new', after_id: 'x', before_id: 'y' },
          },
          {
            base_version: 7,
            command: { order_id: 'b', from_stage: 'confirmed', after_id: 'a', before_id: 'y' },
          },
        ],
      },
    ]);
  });

  test('go one by one where a person may not run bulks', () => {
    const board = a_board({ a: 'new', b: 'new' });

    drop(board, ['a', 'b'], { stage: 'ready', ids: [], index: 0 });

    expect(board.issued.map((command) => command.kind)).toEqual(['move_order', 'move_order']);
  });

  test('never count themselves as neighbours', () => {
    const place = { stage: 'ready', ids: ['a', 'x', 'b', 'y'], index: 3 };

    expect(neighbours(place, new Set(['a', 'b']))).toEqual({ after: 'x', before: 'y' });
  });
});
