/** Everything the engine needs from the outside world. Nothing in this folder reaches for it itself. */

/** Undoes what it was handed out for; calling it twice is harmless. */
export type Cancel = () => void;

/** Milliseconds since 1970 by this device's clock, which may be wrong. */
export interface Clock {
  now(): number;
}

export interface Timers {
  after(milliseconds: number, run: () => void): Cancel;
}

/** Uniform in [0, 1). */
export type Random = () => number;

/** Runs the flush soon, once: `requestAnimationFrame` in a browser, by hand in tests. */
export type Schedule = (flush: () => void) => void;

export interface Ids {
  /** A UUIDv7: later ones sort later. */
  uuid(): string;
}

/** What the device says about itself. Each answer stops the listening. */
export interface Surroundings {
  /** Whether anybody can see the app; hidden ones do not hurry to reconnect. */
  visible(): boolean;
  /** Called when the app became visible or the network came back: a reason to look at once. */
  on_wake(run: () => void): Cancel;
  /** Called when the device says that the network is gone. */
  on_offline(run: () => void): Cancel;
}

/** Exclusive ownership of a name among all tabs of a device; freed when the tab dies. */
export interface TabLocks {
  /** Takes the name if nobody has it; null when another tab does. */
  try_hold(name: string): Promise<Cancel | null>;
}
