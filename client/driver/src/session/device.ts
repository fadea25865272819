import type { DeviceTokens } from '@kanvoy/protocol/messages.gen.ts';

/** This phone as the server knows it, with what it signs its requests with. */
export interface Device extends DeviceTokens {
  /** When the tokens came, by this device's clock: the server's may show another time. */
  readonly received_at: number;
}

/** Where the tokens survive a killed app. A promise resolves when the write is durable. */
export interface DeviceStore {
  load(): Promise<Device | null>;
  save(device: Device): Promise<void>;
  /** Forgets the device and everything it was allowed to know. */
  purge(): Promise<void>;
}

export function memory_device_store(device: Device | null = null): DeviceStore {
  let kept = device;
  return {
    load: async () => kept,
    save: async (next) => {
      kept = next;
    },
    purge: async () => {
      kept = null;
    },
  };
}
