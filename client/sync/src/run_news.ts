import type { OrderId } from '@kanvoy/protocol/messages.gen.ts';
import type { DriverNotice } from './driver_notices.ts';
import { is_over, unread } from './overlay_stop.ts';
import type { ShownStop } from './run.ts';

/**
 * What became different between two drawings of a run, as far as a driver did not do it.
 *
 * Told from the drawings and not from the frames, so that a resume and a fresh snapshot after days
 * say the same.
 */
export function news_of(
  before: readonly ShownStop[],
  after: readonly ShownStop[],
  author: (id: OrderId) => string,
): readonly DriverNotice[] {
  const known = new Map(before.map((each) => [each.id, each]));
  const here = new Set(after.map((each) => each.id));
  const came = after.filter(({ id }) => !known.has(id));
  const edited = after.filter((each) => is_edited(known.get(each.id), each));
  const left = before.filter(({ id, delivery }) => !here.has(id) && !is_over(delivery));
  return [
    ...(came.length > 0 ? [{ kind: 'came' as const, stops: came }] : []),
    ...(edited.length > 0 ? [{ kind: 'edited' as const, stops: edited }] : []),
    ...left.map(({ number, order_id }) => {
      return { kind: 'left' as const, number, by_name: author(order_id) };
    }),
  ];
}

function is_edited(before: ShownStop | undefined, after: ShownStop): boolean {
  if (before === undefined) return false;
  const asked = after.delivery.proposal;
  const newly_asked =
    asked !== null &&
    (before.delivery.proposal?.id !== asked.id || before.delivery.proposal.at !== asked.at);
  const told = after.delivery.receipt.told > before.delivery.receipt.told;
  return newly_asked || (told && unread(after.delivery).length > 0);
}
