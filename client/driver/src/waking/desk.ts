import type { PushSubscriptionView } from '@kanvoy/protocol/messages.gen.ts';
import type { Api } from '../session/api.ts';
import type { WakingDesk } from './waking.ts';

const PATH = '/v1/push-subscription';

export function waking_desk(api: Api): WakingDesk {
  return {
    show: () => api.get<PushSubscriptionView>(PATH),
    put: (subscription) => api.put_json<PushSubscriptionView>(PATH, subscription),
    remove: () => api.remove(PATH),
  };
}
