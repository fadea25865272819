/** Light, dark, as the system says, or high contrast: one attribute on the root element. */
import { one_of, remember, remembered } from './preferences.ts';

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

class Look {
  theme: Theme = $state.raw(remembered('theme', 'system', one_of(...THEMES)));

  constructor() {
    this.#show();
  }

  choose(theme: Theme): void {
    this.theme = theme;
    remember('theme', theme);
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset['theme'] = this.theme;
  }
}

export const look = new Look();
