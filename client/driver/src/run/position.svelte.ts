/** Where the phone is, for dispatchers, when the driver wants it. Nothing of it is stored. */
import { one_of, remember, remembered } from '@kanvoy/kit/preferences.ts';

/** More often is of no use to anybody, and costs battery. */
const EVERY_MS = 10_000;

export interface Spot {
  readonly lat: number;
  readonly lon: number;
  readonly accuracy_m: number;
  readonly heading: number | null;
}

export class Position {
  wanted: boolean = $state(remembered('driver.position', 'off', one_of('on', 'off')) === 'on');
  denied: boolean = $state(false);
  live = false;
  readonly #show: (spot: Spot) => void;
  #watch: number | null = null;
  #shown_at = 0;

  constructor(show: (spot: Spot) => void) {
    this.#show = show;
    if (this.wanted) this.#begin();
  }

  want(wanted: boolean): void {
    this.wanted = wanted;
    remember('driver.position', wanted ? 'on' : 'off');
    if (wanted) this.#begin();
    else this.stop();
  }

  stop(): void {
    if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = null;
  }

  #begin(): void {
    if (this.#watch !== null || !('geolocation' in navigator)) return;
    this.#watch = navigator.geolocation.watchPosition(
      (found) => this.#found(found),
      ({ code }) => {
        this.denied = code === GeolocationPositionError.PERMISSION_DENIED;
      },
      { enableHighAccuracy: false, maximumAge: EVERY_MS },
    );
  }

  #found({ coords, timestamp }: GeolocationPosition): void {
    this.denied = false;
    if (!this.live || timestamp - this.#shown_at < EVERY_MS) return;
    this.#shown_at = timestamp;
    const { latitude: lat, longitude: lon, accuracy, heading } = coords;
    const known = heading === null || Number.isNaN(heading) ? null : Math.round(heading) % 360;
    this.#show({ lat, lon, accuracy_m: Math.round(accuracy), heading: known });
  }
}
