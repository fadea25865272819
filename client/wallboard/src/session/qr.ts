/** A QR code as the server draws it: one path of unit squares, never markup. */

export interface Qr {
  /** Modules along each side, with the quiet zone. */
  readonly size: number;
  readonly path: string;
}

const SAFE_PATH = /^[MmLlHhVvZz0-9.,\s-]+$/;

/** The drawing, or null when there is none or it is anything but squares. */
export function qr_of(path: string | undefined, size: number | undefined): Qr | null {
  if (path === undefined || size === undefined) return null;
  return SAFE_PATH.test(path) && size > 0 ? { size, path } : null;
}
