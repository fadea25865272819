/** A refusal as mine, theirs and what it was before: what the tray lays side by side. */
import type { Conflict } from '@kanvoy/protocol/messages.gen.ts';
import type { Refused } from '@kanvoy/sync/shown.ts';
import type { Desk } from '../desk.svelte.ts';
import { group_name } from './refusals.ts';
import { value_words } from './value_words.ts';

export interface ConflictRow {
  readonly field: string;
  readonly name: string;
  readonly mine: string;
  readonly theirs: string;
  readonly was: string;
}

export function conflict_rows(desk: Desk, refused: Refused): readonly ConflictRow[] {
  const { rejection } = refused;
  if (rejection.code !== 'stale' && rejection.code !== 'invalid_after_merge') return [];
  return rejection.conflicts.map((conflict) => ({
    field: group_name(conflict.group),
    name: conflict.by_name,
    mine: value_words(desk, conflict.group, conflict.mine ?? field_of(refused.mine, conflict)),
    theirs: value_words(desk, conflict.group, conflict.theirs),
    was: value_words(desk, conflict.group, field_of(refused.was, conflict)),
  }));
}

/** The part of a card or an order that the contested group shows as. */
function field_of(fields: Refused['was'], conflict: Conflict): unknown {
  const [kind = ''] = conflict.group.split(':');
  const field =
    kind === 'stage'
      ? 'stage_id'
      : kind === 'csr'
        ? 'csr_id'
        : kind === 'payment'
          ? 'payment_method'
          : kind;
  return fields[field];
}
