/** Tells which orders are newly late, and a short tone for them. Off unless the view wants it. */

export const CHIME_MS = 60_000;

/** Knows which orders were late; holds no more than there are late orders now. */
export class NewlyLate {
  #known: ReadonlySet<string> | null = null;
  #rang = Number.NEGATIVE_INFINITY;

  /** Whether to ring: something became late since the last look, and it did not ring just now. */
  look(late: readonly string[], steady: number): boolean {
    const known = this.#known;
    this.#known = new Set(late);
    if (known === null || late.every((id) => known.has(id))) return false;
    if (steady - this.#rang < CHIME_MS) return false;
    this.#rang = steady;
    return true;
  }
}

/** Two soft tones. A browser that wants a gesture first stays silent; see the handbook. */
export function ring(context: AudioContext): void {
  if (context.state === 'suspended') void context.resume().catch(() => undefined);
  for (const [at, frequency] of [
    [0, 660],
    [0.22, 880],
  ] as const) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const begins = context.currentTime + at;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, begins);
    volume.gain.linearRampToValueAtTime(0.2, begins + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, begins + 0.4);
    tone.connect(volume).connect(context.destination);
    tone.start(begins);
    tone.stop(begins + 0.45);
  }
}
