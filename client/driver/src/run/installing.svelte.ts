/** The home screen, and whether the browser promises to keep what we keep. */

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

class Install {
  ready: boolean = $state(false);
  #prompt: InstallPrompt | null = null;

  constructor() {
    window.addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#prompt = event as InstallPrompt;
      this.ready = true;
    });
    window.addEventListener('appinstalled', () => {
      this.ready = false;
    });
  }

  async ask(): Promise<void> {
    await this.#prompt?.prompt();
    this.ready = false;
  }
}

export const install = new Install();

export function is_installed(): boolean {
  return (
    matchMedia('(display-mode: standalone)').matches ||
    Reflect.get(navigator, 'standalone') === true
  );
}

/** Only there is no button to be had; the person has to find the way. */
export function is_ios(agent: string = navigator.userAgent): boolean {
  return /iPhone|iPad/.test(agent);
}

/** Whether the browser will not throw our storage away; asks it to promise. */
export async function keep_for_good(): Promise<boolean | null> {
  const storage: StorageManager | undefined = navigator.storage;
  if (storage?.persist === undefined) return null;
  try {
    return (await storage.persisted()) || (await storage.persist());
  } catch {
    return null;
  }
}
