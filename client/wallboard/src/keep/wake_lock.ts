/** Keeps the screen on while the page is seen, as far as the browser lets it. */
export function keep_awake(): () => void {
  let held: WakeLockSentinel | null = null;
  let over = false;
  const take = async (): Promise<void> => {
    if (over || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    if (held !== null && !held.released) return;
    try {
      held = await navigator.wakeLock.request('screen');
      if (over) await held.release();
    } catch {
      // Power saving, no permission: the display's own settings decide then.
    }
  };
  const seen = (): void => void take();
  document.addEventListener('visibilitychange', seen);
  seen();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', seen);
    void held?.release().catch(() => undefined);
  };
}
