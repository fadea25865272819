/**
 * Binary frames: the same JSON, deflated once by the server for everyone who announced `deflate`.
 *
 * Inflating takes turns of the event loop while text frames do not. A transport must hand on
 * later frames only after the earlier binary one, or a channel sees its changes out of order.
 */

/** What we use of the platform; this package is compiled without the DOM's types. */
interface Unpacking {
  readonly writable: {
    getWriter(): { write(chunk: ArrayBuffer): Promise<void>; close(): Promise<void> };
  };
  readonly readable: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }> };
  };
}

declare const DecompressionStream: undefined | (new (format: 'deflate-raw') => Unpacking);
declare const TextDecoder: new () => {
  decode(bytes?: Uint8Array, options?: { stream: boolean }): string;
};

/** Whether this platform may announce the capability `deflate`. */
export function canInflate(): boolean {
  return typeof DecompressionStream !== 'undefined';
}

/** The text inside one binary frame. Rejects when the frame is not raw deflate. */
export async function inflate(packed: ArrayBuffer): Promise<string> {
  if (typeof DecompressionStream === 'undefined') throw new Error('this platform cannot inflate');
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  const written = Promise.all([writer.write(packed), writer.close()]);
  // Reading surfaces the same failure; without this line it would also count as unhandled.
  written.catch(() => undefined);
  const reader = stream.readable.getReader();
  const text = new TextDecoder();
  let whole = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return whole + text.decode();
    whole += text.decode(value, { stream: true });
  }
}
