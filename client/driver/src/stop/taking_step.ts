import type { ShownStop } from '@kanvoy/sync/run.ts';
import type { Road } from '../road.svelte.ts';
import { t } from '../texts.ts';
import { proof_word } from '../run/tell.ts';
import { must_read, needs_of, next_step, type Step } from './steps.ts';

/** What the button of the next step says. */
export function step_words(road: Road, { stop }: ShownStop, step: Step): string {
  switch (step) {
    case 'collect':
      return t('step.collect');
    case 'arrive':
      return t('step.arrive');
    case 'deliver': {
      const needs = needs_of(road.workflow_of(stop)).filter(({ level }) => level !== 'off');
      // What is only wished for is named when nothing else is: it is why the button leads on.
      const [first] = needs;
      const named = needs.filter(({ level }) => level === first?.level);
      const proofs = named.map(({ kind }) => proof_word(kind)).join(' + ');
      return proofs === '' ? t('step.deliver') : t('step.deliver_with', { proofs });
    }
    case 'done':
      return t('step.done');
    case 'failed':
      return t('step.failed');
  }
}

/** Takes the next step, or asks to read first what is new. */
export function take_step(road: Road, stop: ShownStop): void {
  if (must_read(stop.delivery)) {
    road.way.open('first');
    return;
  }
  go_on(road, stop, 'push');
}

/** The step itself. `swap`: a sheet is open and makes room for what comes. */
export function go_on(road: Road, stop: ShownStop, how: 'push' | 'swap'): void {
  const { order_id, id: delivery_id, delivery } = stop;
  // Whoever takes the next step at a new stop has seen it, and drives on it.
  road.engine.received([delivery_id], 'acknowledged');
  const on = { order_id, delivery_id, epoch: delivery.epoch, at: road.engine.now() };
  const step = next_step(delivery);
  if (step === 'deliver') {
    if (how === 'push') road.way.open('deliver');
    else road.way.swap({ sheet: 'deliver' });
    return;
  }
  if (step === 'collect') road.issue({ kind: 'collect_delivery', ...on });
  if (step === 'arrive') road.issue({ kind: 'arrive_delivery', ...on });
  if (how === 'swap') road.way.back();
}
