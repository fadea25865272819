/** A signature as the strokes of a finger, which is all that is ever sent of it. */

/** `[x, y, milliseconds since the first point]`. */
export type StrokePoint = readonly [number, number, number];

export interface Signature {
  readonly width: number;
  readonly height: number;
  readonly strokes: readonly (readonly StrokePoint[])[];
}

interface PadPoint {
  readonly x: number;
  readonly y: number;
  readonly time: number;
}

/** What the server takes at most. */
export const MOST_POINTS = 5_000;

/** What a pad recorded, in whole pixels; too much of it is thinned evenly, ends are kept. */
export function signature_of(
  groups: readonly { readonly points: readonly PadPoint[] }[],
  width: number,
  height: number,
): Signature {
  const begun = groups[0]?.points[0]?.time ?? 0;
  const within = (value: number, most: number): number =>
    Math.round(Math.max(0, Math.min(most, value)));
  const strokes = groups.map(({ points }) =>
    points.map(({ x, y, time }): StrokePoint => {
      return [within(x, width), within(y, height), Math.max(0, Math.round(time - begun))];
    }),
  );
  return { width: Math.round(width), height: Math.round(height), strokes: thinned(strokes) };
}

function thinned(strokes: readonly (readonly StrokePoint[])[]): Signature['strokes'] {
  const count = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  if (count <= MOST_POINTS) return strokes;
  // Each stroke keeps its last point besides every n-th.
  const every = Math.ceil(count / Math.max(1, MOST_POINTS - strokes.length));
  return strokes.map((stroke) =>
    stroke.filter((_, at) => at % every === 0 || at === stroke.length - 1),
  );
}

export function as_content(signature: Signature): Blob {
  return new Blob([JSON.stringify(signature)], { type: 'application/json' });
}
