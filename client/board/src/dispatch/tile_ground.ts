/**
 * A map library's tiles as the ground under our own map. It draws and nothing else: what is on the
 * map, the mouse and the keys are the same with and without it. Loaded only when a house has tiles.
 */
import { Map as TileMap, setWorkerUrl, type StyleSpecification } from 'maplibre-gl';
import worker_url from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { TileSource } from '../view/tile_source.ts';
import { GroundWatch, thanks_of, type GroundFailure } from './ground_watch.ts';
import { round, type Camera } from './projection.ts';

export interface Ground {
  look(camera: Camera): void;
  close(): void;
}

export interface GroundListener {
  /** The first tile is there; `thanks` are the style's own. */
  shown(thanks: readonly string[]): void;
  /** It is closed already. */
  failed(why: GroundFailure): void;
}

const LONGEST_MS = 12_000;
/** The library's zoom 0 is a world of so many pixels. */
const WORLD = 512;
const SMALLEST_ZOOM = -2;

/** Throws a failure's word when this browser or this page cannot show tiles at all. */
export function open_ground(
  container: HTMLElement,
  source: TileSource,
  camera: Camera,
  listener: GroundListener,
): Ground {
  if (!allow_worker()) throw new Error('policy' satisfies GroundFailure);
  const map = drawn(container, source, camera);
  const watch = new GroundWatch(
    () => listener.shown(thanks(map)),
    () => fail('tiles'),
  );
  const too_long = setTimeout(() => watch.settled(), LONGEST_MS);
  const refused = (event: SecurityPolicyViolationEvent): void => {
    if (event.blockedURI.startsWith(source.origin)) fail('policy');
  };
  document.addEventListener('securitypolicyviolation', refused);
  map.on('sourcedata', ({ tile }) => {
    if (tile?.hasData() === true) watch.came();
  });
  map.on('error', () => watch.missed());
  map.on('idle', () => watch.settled());

  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    clearTimeout(too_long);
    document.removeEventListener('securitypolicyviolation', refused);
    map.remove();
  };
  const fail = (why: GroundFailure): void => {
    if (closed) return;
    close();
    listener.failed(why);
  };
  return { look: (next) => void (closed || map.jumpTo(looking(next))), close };
}

function drawn(container: HTMLElement, source: TileSource, camera: Camera): TileMap {
  try {
    return new TileMap({
      container,
      style: source.kind === 'style' ? source.url : raster(source.url),
      interactive: false,
      // Theirs is markup; ours are words.
      attributionControl: false,
      fadeDuration: 0,
      minZoom: SMALLEST_ZOOM,
      // Ours may look beyond the edge of the world; both must look at the same place.
      transformConstrain: (center, zoom) => ({ center, zoom: zoom ?? 0 }),
      // Tile servers ask who shows them; our pages tell nobody else.
      transformRequest: (url) => ({ url, referrerPolicy: 'origin' }),
      ...looking(camera),
    });
  } catch {
    throw new Error('graphics' satisfies GroundFailure);
  }
}

function looking({ centre, world }: Camera): { center: [number, number]; zoom: number } {
  const { lat, lon } = round(centre);
  return { center: [lon, lat], zoom: Math.max(SMALLEST_ZOOM, Math.log2(world / WORLD)) };
}

function raster(url: string): StyleSpecification {
  return {
    version: 8,
    sources: { tiles: { type: 'raster', tiles: [url], tileSize: 256, maxzoom: 19 } },
    layers: [{ id: 'tiles', type: 'raster', source: 'tiles' }],
  };
}

function thanks(map: TileMap): readonly string[] {
  const sources = Object.keys(map.getStyle().sources);
  return thanks_of(sources.map((id) => map.getSource(id)?.attribution ?? ''));
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): unknown;
}

let allowed: boolean | null = null;

/**
 * Lets the library start its own worker and nothing else. It passes the address as a plain text,
 * which only the page's default policy may turn into one of a script. False on a page that came
 * without leave for tiles.
 */
function allow_worker(): boolean {
  allowed ??= made_policy();
  return allowed;
}

function made_policy(): boolean {
  const address = new URL(worker_url, location.href).href;
  setWorkerUrl(address);
  const factory: PolicyFactory | undefined = Reflect.get(globalThis, 'trustedTypes');
  if (factory === undefined) return true;
  try {
    factory.createPolicy('default', {
      createScriptURL: (url) => {
        if (url !== address) throw new TypeError('this is not the worker of the map');
        return url;
      },
    });
    return true;
  } catch {
    return false;
  }
}
