/** Words of the vocabulary as people say them. */
import { has_text, t } from '@kanvoy/kit/texts.ts';
import type {
  ChargeKind,
  DeliveryMethod,
  PaymentMethod,
  Priority,
} from '@kanvoy/protocol/messages.gen.ts';

export const PRIORITIES: readonly Priority[] = [3, 2, 1, 0];
export const PAYMENTS: readonly PaymentMethod[] = [
  'cash',
  'card',
  'transfer',
  'pos',
  'gateway',
  'on_account',
];
export const METHODS: readonly DeliveryMethod[] = [
  'own_driver',
  'carrier',
  'pickup',
  'store',
  'digital',
  'handover',
];
export const CHARGES: readonly ChargeKind[] = ['delivery_fee', 'surcharge', 'service'];

export const priority_name = (priority: Priority): string => t(`priority.${priority}`);
export const payment_name = (method: PaymentMethod | null): string =>
  method === null ? t('none') : t(`payment.${method}`);
export const charge_name = (charge: ChargeKind): string => t(`charge.${charge}`);
export const method_name = (method: DeliveryMethod): string => t(`method.${method}`);
/** Roles of a newer server keep their own name. */
export function role_name(role: string): string {
  const key = `role.${role}`;
  return has_text(key) ? t(key) : role;
}
