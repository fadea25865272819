/** Where a real map's tiles come from: judged here while it is typed, and by the server again. */

export type TileProblem = 'address' | 'https' | 'places';

export interface TileSource {
  readonly url: string;
  readonly origin: string;
  readonly host: string;
  /** `tiles`: pictures by `{z}/{x}/{y}`; `style`: a description of layers and their sources. */
  readonly kind: 'tiles' | 'style';
}

const ADDRESS =
  /^((https?):\/\/(\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([0-9]{1,5}))?)\/([A-Za-z0-9._~!$&()*+=:@%{}/?-]*)$/;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);
const PLACES = ['{z}', '{x}', '{y}'] as const;

/** The source, or why nobody may load from it; null when there is none. */
export function tile_source(url: string): TileSource | TileProblem | null {
  if (url === '') return null;
  const [whole, origin = '', scheme, host = '', port = '1', path = ''] = ADDRESS.exec(url) ?? [];
  // `$` also stands before a last line break.
  if (whole !== url || Number(port) < 1 || Number(port) > 65_535) return 'address';
  if (scheme === 'http' && !LOOPBACK.has(host)) return 'https';
  if (path.split('?')[0]?.endsWith('.json')) return { url, origin, host, kind: 'style' };
  if (!PLACES.every((place) => path.includes(place))) return 'places';
  return { url, origin, host, kind: 'tiles' };
}
