/** The map: degrees to pixels and back, by Mercator's projection. */
import type { Point } from '@kanvoy/protocol/messages.gen.ts';

export interface Flat {
  /** 0 to 1 from west to east, and from north to south. */
  readonly x: number;
  readonly y: number;
}

const MOST_LAT = 85.05;

export function flat(point: Point): Flat {
  const lat = Math.max(-MOST_LAT, Math.min(MOST_LAT, point.lat));
  const sine = Math.sin((lat * Math.PI) / 180);
  return {
    x: (point.lon + 180) / 360,
    y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI),
  };
}

export function round(place: Flat): Point {
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * place.y))) * 180) / Math.PI;
  return { lat, lon: place.x * 360 - 180 };
}

/** What part of the map a window shows: its centre, and how many pixels the whole world is. */
export interface Camera {
  readonly centre: Flat;
  readonly world: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Pixel {
  readonly x: number;
  readonly y: number;
}

const SMALLEST = 220;
const LARGEST = 40_000_000;

export function to_pixel(camera: Camera, size: Size, place: Flat): Pixel {
  return {
    x: (place.x - camera.centre.x) * camera.world + size.width / 2,
    y: (place.y - camera.centre.y) * camera.world + size.height / 2,
  };
}

export function from_pixel(camera: Camera, size: Size, pixel: Pixel): Flat {
  return {
    x: camera.centre.x + (pixel.x - size.width / 2) / camera.world,
    y: camera.centre.y + (pixel.y - size.height / 2) / camera.world,
  };
}

export function moved(camera: Camera, dx: number, dy: number): Camera {
  const { centre, world } = camera;
  return { world, centre: { x: centre.x - dx / world, y: centre.y - dy / world } };
}

/** Nearer by `factor`; what is under `pixel` stays there. */
export function zoomed(camera: Camera, size: Size, pixel: Pixel, factor: number): Camera {
  const fixed = from_pixel(camera, size, pixel);
  const world = Math.max(SMALLEST, Math.min(LARGEST, camera.world * factor));
  return {
    world,
    centre: {
      x: fixed.x - (pixel.x - size.width / 2) / world,
      y: fixed.y - (pixel.y - size.height / 2) / world,
    },
  };
}

/** Everything in sight, with some room around it; one place alone is shown as a town is. */
export function fitted(places: readonly Flat[], size: Size, room = 48): Camera {
  if (places.length === 0) return { centre: { x: 0.5, y: 0.4 }, world: Math.max(size.width, 300) };
  const xs = places.map((place) => place.x);
  const ys = places.map((place) => place.y);
  const west = Math.min(...xs);
  const north = Math.min(...ys);
  const width = Math.max(...xs) - west;
  const height = Math.max(...ys) - north;
  const across = Math.max(40, size.width - 2 * room) / Math.max(width, 1e-4);
  const down = Math.max(40, size.height - 2 * room) / Math.max(height, 1e-4);
  const world = Math.max(SMALLEST, Math.min(across, down, 400_000));
  return { centre: { x: west + width / 2, y: north + height / 2 }, world };
}

/** Metres of one pixel at a latitude. */
export function metres_per_pixel(camera: Camera, lat: number): number {
  return (40_075_017 * Math.cos((lat * Math.PI) / 180)) / camera.world;
}

export interface Cluster<T> {
  readonly x: number;
  readonly y: number;
  readonly items: readonly T[];
}

/** Things that would cover each other, drawn as one. */
export function clustered<T extends Pixel>(
  items: readonly T[],
  grid: number,
): readonly Cluster<T>[] {
  const cells = new Map<string, T[]>();
  for (const item of items) {
    const key = `${Math.round(item.x / grid)},${Math.round(item.y / grid)}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [item]);
    else cell.push(item);
  }
  return [...cells.values()].map((cell) => {
    const sum = cell.reduce((all, one) => ({ x: all.x + one.x, y: all.y + one.y }), { x: 0, y: 0 });
    return { x: sum.x / cell.length, y: sum.y / cell.length, items: cell };
  });
}
