/**
 * Keyboard shortcuts of a screen: one press, or two after one another (`g d`).
 *
 * Single letters can be switched off: voice control types them.
 */
import { matchKeybindingPress, parseKeybinding } from 'tinykeys';

export interface Shortcut {
  /** In tinykeys' notation: `$mod+k`, `Shift+ArrowLeft`, `m`. */
  readonly keys: string;
  readonly run: (event: KeyboardEvent) => void;
  /** Works while typing in a field as well. */
  readonly everywhere?: boolean;
}

/** How long the second press of a pair may take. */
const PAIR_MS = 1_500;

/** Listens on the window until the answer is called. */
export function listen(
  shortcuts: () => readonly Shortcut[],
  single_keys: () => boolean,
): () => void {
  let begun = '';
  let begun_at = 0;
  const keydown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = is_typing(event.target);
    const first = event.timeStamp - begun_at < PAIR_MS ? begun : '';
    begun = '';
    for (const shortcut of shortcuts()) {
      if (typing && shortcut.everywhere !== true) continue;
      if (is_single(shortcut.keys) && !single_keys()) continue;
      const [opening = '', closing = ''] = shortcut.keys.split(' ');
      if (closing !== '' && first !== opening) {
        if (!matches(event, opening)) continue;
        begun = opening;
        begun_at = event.timeStamp;
        continue;
      }
      if (!matches(event, closing === '' ? opening : closing)) continue;
      // The second press of a pair is no shortcut of its own.
      if (closing === '' && first !== '') continue;
      begun = '';
      event.preventDefault();
      shortcut.run(event);
      return;
    }
  };
  addEventListener('keydown', keydown);
  return () => removeEventListener('keydown', keydown);
}

export function matches(event: KeyboardEvent, keys: string): boolean {
  const [press] = parseKeybinding(keys);
  return press !== undefined && matchKeybindingPress(event, press);
}

/** A key that also writes: no modifier, or only Shift. */
export function is_single(keys: string): boolean {
  return /^(Shift\+)?[^+]( [^+])?$/.test(keys);
}

export function is_typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !SILENT.has(target.type);
}

const SILENT: ReadonlySet<string> = new Set(['checkbox', 'radio', 'button', 'submit', 'range']);

const MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? '');

const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  $mod: MAC ? '⌘' : 'Ctrl',
};

/** `$mod+k` as printed on the keys: `Ctrl K`. */
export function printed(keys: string): string {
  return keys
    .split(/[+ ]/)
    .map((part) => SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(' ');
}
