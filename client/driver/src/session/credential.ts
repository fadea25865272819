import type { Answer } from '@kanvoy/kit/http.ts';
import type { DeviceTokens } from '@kanvoy/protocol/messages.gen.ts';
import type { Device, DeviceStore } from './device.ts';

/** Access tokens last ten minutes; the next ones are fetched before they end. */
const FRESH_MS = 8 * 60_000;

export interface CredentialPorts {
  readonly store: DeviceStore;
  now(): number;
  /** `POST /v1/tokens/refresh`. */
  refresh(refresh_token: string): Promise<Answer<DeviceTokens>>;
  /** Runs one at a time among all tabs of this device. */
  exclusively<T>(run: () => Promise<T>): Promise<T>;
  /** The server lets this device in no more. */
  revoked(): void;
}

/**
 * The phone's tokens. The old refresh token is kept until the new one is on the disk: an answer
 * that was lost on the road can be asked for again, for the server still takes the old one as
 * long as the new was never used.
 */
export class Credential {
  readonly #ports: CredentialPorts;
  #device: Device | null;
  #refreshing: Promise<string | null> | null = null;

  constructor(ports: CredentialPorts, device: Device | null) {
    this.#ports = ports;
    this.#device = device;
  }

  get device(): Device | null {
    return this.#device;
  }

  /** Tokens of a phone that was just paired. */
  async begin(tokens: DeviceTokens): Promise<Device> {
    const device = { ...tokens, received_at: this.#ports.now() };
    await this.#ports.store.save(device);
    this.#device = device;
    return device;
  }

  /** The phone belongs to nobody any more. */
  async forget(): Promise<void> {
    this.#device = null;
    await this.#ports.store.purge();
  }

  /** A token that lasts a while; null when there is none to be had now. */
  async token(): Promise<string | null> {
    const device = this.#device;
    if (device === null) return null;
    return this.#is_fresh(device) ? device.access_token : this.#refreshed(device.access_token);
  }

  /** The server did not take this token although we thought it good. */
  async renewed(refused: string): Promise<string | null> {
    const device = this.#device;
    if (device === null) return null;
    return device.access_token === refused ? this.#refreshed(refused) : device.access_token;
  }

  #is_fresh({ received_at }: Device): boolean {
    const age = this.#ports.now() - received_at;
    // A clock that was set back says nothing.
    return age >= 0 && age < FRESH_MS;
  }

  /** One refresh at a time, whoever asks. */
  #refreshed(stale: string): Promise<string | null> {
    this.#refreshing ??= this.#ports
      .exclusively(() => this.#refresh(stale))
      .finally(() => {
        this.#refreshing = null;
      });
    return this.#refreshing;
  }

  async #refresh(stale: string): Promise<string | null> {
    const kept = await this.#ports.store.load();
    if (kept === null) {
      this.#device = null;
      return null;
    }
    this.#device = kept;
    // Another tab was faster.
    if (kept.access_token !== stale && this.#is_fresh(kept)) return kept.access_token;
    const answer = await this.#ports.refresh(kept.refresh_token);
    if (answer.ok) return (await this.begin(answer.value)).access_token;
    if (answer.failure.status === 401) {
      this.#device = null;
      this.#ports.revoked();
    }
    return null;
  }
}
