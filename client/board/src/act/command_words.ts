/** A command in the words of the person who gave it: for the tray and the review. */
import { t } from '@kanvoy/kit/texts.ts';
import type { Command } from '@kanvoy/protocol/messages.gen.ts';
import type { Desk } from '../desk.svelte.ts';
import { payment_name, priority_name } from './names.ts';

export function command_words(desk: Desk, command: Command): string {
  switch (command.kind) {
    case 'move_order':
      return t('did.move_order', { stage: desk.stage_name(command.to_stage) });
    case 'assign_driver':
      return t('did.assign_driver', {
        name: desk.company.driver_name(command.to_driver) || t('nobody'),
      });
    case 'assign_csr':
      return t('did.assign_csr', { name: desk.company.person_name(command.to_csr) || t('nobody') });
    case 'set_priority':
      return t('did.set_priority', { priority: priority_name(command.priority) });
    case 'set_payment':
      return t('did.set_payment', { method: payment_name(command.payment_method) });
    case 'set_quantity':
      return t('did.set_quantity', { quantity: command.quantity });
    case 'run_bulk':
      return t('did.run_bulk', { count: command.items.length });
    case 'add_note':
      return t('did.add_note', { text: command.text });
    default:
      return t(`did.${command.kind}`);
  }
}

export function orders_in(command: Command): readonly string[] {
  if (command.kind === 'run_bulk') return command.items.map((item) => item.command.order_id);
  return 'order_id' in command ? [command.order_id] : [];
}
