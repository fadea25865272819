/** Who one is in the demo: an owner who may do everything. */
import type { Permission, Whoami } from '@kanvoy/protocol/messages.gen.ts';

const PERMISSIONS: readonly Permission[] = [
  'order.read',
  'order.create',
  'order.edit',
  'order.cancel',
  'order.delete',
  'order.archive',
  'price.read',
  'price.override',
  'discount.unlimited',
  'payment.edit',
  'stage.move',
  'driver.assign',
  'csr.assign',
  'csr.assign_self',
  'note.write',
  'note.moderate',
  'bulk.run',
  'customer.edit',
];

export function whoami(): Whoami {
  return {
    id: 'person-1',
    name: 'Anna Weber',
    tenant_id: 'demo',
    tenant: 'Hafenkontor',
    roles: ['backoffice', 'owner'],
    permissions: PERMISSIONS,
    call_sign: '',
  };
}
