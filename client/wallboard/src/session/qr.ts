/** The server's QR code, taken apart: its markup is never given to the browser as markup. */

export interface Qr {
  readonly width: number;
  readonly height: number;
  readonly path: string;
  /** Modules are either lines of the width of one module, or filled. */
  readonly stroked: boolean;
  /** How much the path is enlarged. */
  readonly scale: number;
}

const SAFE_PATH = /^[MmLlHhVvZz0-9.,\s-]+$/;

/** The dark modules of an SVG as segno and others write it; null when it is none. */
export function parse_qr(svg: string): Qr | null {
  const root = /<svg\b[^>]*>/.exec(svg)?.[0] ?? '';
  const paths = [...svg.matchAll(/<path\b[^>]*>/g)].map(([tag]) => tag);
  // A light background comes first, if at all.
  const path = paths.at(-1) ?? '';
  const drawn = attribute(path, 'd');
  const [, , box_width, box_height] = attribute(root, 'viewBox')
    .split(/[\s,]+/)
    .map(Number);
  const width = box_width ?? Number.parseFloat(attribute(root, 'width'));
  const height = box_height ?? Number.parseFloat(attribute(root, 'height'));
  if (!SAFE_PATH.test(drawn) || !(width > 0) || !(height > 0)) return null;
  const scale = Number(/scale\(([0-9.]+)/.exec(attribute(path, 'transform'))?.[1] ?? 1);
  return { width, height, path: drawn, stroked: attribute(path, 'stroke') !== '', scale };
}

function attribute(tag: string, name: string): string {
  return new RegExp(`\\s${name}=["']([^"']*)["']`).exec(tag)?.[1] ?? '';
}
