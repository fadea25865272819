/** One view as it is now: the picture, how old it is, and the server's clock. */
import { browser_surroundings, timers } from '@kanvoy/kit/surroundings.ts';
import { uuid7 } from '@kanvoy/kit/uuid.ts';
import { inflates, websocket_transport } from '@kanvoy/kit/websocket.ts';
import { SUBPROTOCOLS } from '@kanvoy/protocol/messages.gen.ts';
import type { Freshness } from '@kanvoy/sync/freshness.ts';
import { Watcher, type Sighting } from '@kanvoy/sync/watcher.ts';
import { keep, kept_for, proof_of } from './keep/kept.ts';
import type { Place } from './session/session.ts';
import { clock, steady, unhurried } from './surroundings.ts';
import { EMPTY, picture_of, type Picture } from './view/picture.ts';

/** Whose cookie the socket means; the server answers with the first. */
const AS_PERSON = [SUBPROTOCOLS.json];
const AS_DISPLAY = [SUBPROTOCOLS.json, SUBPROTOCOLS.as_display];

const TICK_MS = 500;
/** Sums over everything need no second's precision. */
const COARSE_MS = 5_000;

export class Wall {
  picture: Picture = $state.raw(EMPTY);
  freshness: Freshness = $state.raw({ kind: 'starting' });
  /** The server's clock, in whole seconds. */
  now = $state(0);
  /** The same, in steps of five seconds. */
  coarse = $state(0);
  /** A clock that nobody sets, in milliseconds. */
  steady = $state(0);
  /** When the picture last changed, by the server's clock; null before the first change. */
  changed_at: number | null = $state(null);
  /** Whether anything may be drawn at all. */
  drawable = $state(false);
  readonly place: Place;
  readonly #watcher: Watcher;
  readonly #offset: number;
  #cancel: () => void = () => {};

  constructor(place: Place, sighted: (sighting: Sighting) => void) {
    this.place = place;
    const kept = kept_for(place.view_id);
    this.#offset = kept?.offset ?? 0;
    if (kept !== null) {
      this.picture = kept.picture;
      this.drawable = true;
    }
    this.#watcher = new Watcher({
      channel: `display:${place.view_id}`,
      app: { kind: 'wallboard' },
      client_id: uuid7(),
      csrf: () => place.csrf,
      open: websocket_transport(address(), place.preview ? AS_PERSON : AS_DISPLAY),
      clock,
      steady,
      timers,
      random: () => Math.random(),
      surroundings: browser_surroundings(),
      schedule: unhurried(),
      inflates,
      earlier: kept === null ? null : proof_of(kept, steady(), clock.now()),
    });
    this.#watcher.freshness.subscribe((now) => (this.freshness = now));
    this.#watcher.turn.subscribe(() => this.#draw());
    this.#watcher.sightings.listen(sighted);
  }

  start(): void {
    this.#watcher.connect();
    document.addEventListener('visibilitychange', this.#woke);
    window.addEventListener('pageshow', this.#woke);
    this.#tick();
  }

  stop(): void {
    this.#cancel();
    document.removeEventListener('visibilitychange', this.#woke);
    window.removeEventListener('pageshow', this.#woke);
    this.#watcher.close();
  }

  /** Leaves the picture to the page that comes after this one. */
  keep(): void {
    const { proof } = this.#watcher;
    if (proof === null || !this.drawable) return;
    keep({
      view_id: this.place.view_id,
      picture: this.picture,
      wall: proof.at.wall,
      since: proof.since,
      offset: this.#watcher.clock.offset,
    });
  }

  readonly #woke = (): void => {
    this.#watcher.look();
    this.#tick();
  };

  #tick(): void {
    this.#cancel();
    const { offset } = this.#watcher.clock;
    const now = clock.now() + (offset === 0 ? this.#offset : offset);
    this.now = Math.floor(now / 1000) * 1000;
    this.coarse = Math.floor(now / COARSE_MS) * COARSE_MS;
    this.steady = steady();
    this.#cancel = timers.after(TICK_MS, () => this.#tick());
  }

  #draw(): void {
    const { state, clock: server } = this.#watcher;
    const touched = state.take_touched().length > 0;
    // An earlier page's picture stays until this one's is whole.
    if (!touched || (this.drawable && !state.whole)) return;
    this.picture = picture_of(state.drawn());
    this.changed_at = server.now();
    this.drawable = true;
  }
}

function address(): string {
  const url = new URL('/v1/realtime', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
