import type { DisplaySession } from '../session/session.ts';

/** A display that was let in. */
export const WALL: DisplaySession = {
  user: {
    id: 'display-1',
    name: '',
    tenant_id: 't',
    tenant: 'Nord',
    roles: ['display'],
    permissions: [],
    call_sign: '',
  },
  csrf: 'nonce',
  view_id: 'hall',
  expires_at: 1,
};
