import type { DriverId } from '@kanvoy/protocol/messages.gen.ts';
import type { CourierOptions } from './courier.ts';
import type { Ids, Schedule } from './environment.ts';
import type { RunStore } from './run_store.ts';

export interface DriverOptions extends Omit<CourierOptions, 'csrf'> {
  readonly schedule: Schedule;
  readonly ids: Ids;
  readonly me: { readonly id: string; readonly name: string };
  readonly driver_id: DriverId;
  readonly runs: RunStore;
  /** The transport inflates binary frames. */
  readonly inflates?: boolean;
  /** A token that lasts a while; null when there is none to be had. */
  token(): Promise<string | null>;
}
