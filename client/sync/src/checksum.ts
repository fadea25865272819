import type { Held } from './held.ts';

const TABLE: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let share = byte;
  for (let bit = 0; bit < 8; bit += 1) share = share & 1 ? (share >>> 1) ^ 0xedb88320 : share >>> 1;
  return share >>> 0;
});

/** Held things never change in place, so each is hashed once, however often it is summed. */
const shares = new WeakMap<Held, number>();

/** CRC-32 of a text of ASCII, as zlib computes it; ids and kinds are nothing else. */
export function crc32(text: string): number {
  let sum = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    sum = (TABLE[(sum ^ text.charCodeAt(at)) & 0xff] ?? 0) ^ (sum >>> 8);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** What a channel's things add up to: the sum of `crc32("kind/id@version")`, modulo 2^32. */
export function checksum(things: Iterable<Held>): number {
  let sum = 0;
  for (const thing of things) sum = (sum + share_of(thing)) % 2 ** 32;
  return sum;
}

function share_of(thing: Held): number {
  let share = shares.get(thing);
  if (share === undefined) {
    share = crc32(`${thing.kind}/${thing.id}@${thing.version}`);
    shares.set(thing, share);
  }
  return share;
}
