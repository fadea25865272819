/** Which of the desk's screens is shown. Each has an address that can be kept and sent. */
import type { Permission } from '@kanvoy/protocol/messages.gen.ts';

export const SCREENS = ['board', 'dispatch', 'settings'] as const;
export type ScreenName = (typeof SCREENS)[number];

export const SECTIONS = [
  'drivers',
  'vehicles',
  'zones',
  'hubs',
  'displays',
  'devices',
  'dispatch',
  'operations',
] as const;
export type Section = (typeof SECTIONS)[number];

/** Any of these opens it; the board is everybody's. */
export const NEEDS: Readonly<Record<ScreenName, readonly Permission[]>> = {
  board: [],
  dispatch: ['driver.assign'],
  settings: ['settings.edit', 'device.pair'],
};

export class Screen {
  name: ScreenName = $state('board');
  section: Section = $state('drivers');

  open(name: ScreenName, section: Section = this.section): void {
    if (name === this.name && (name !== 'settings' || section === this.section)) return;
    this.name = name;
    this.section = section;
    // The filter is the board's, which writes it again; the demo without a server lives there too.
    const query = new URLSearchParams(location.search).has('demo') ? location.search : '';
    history.pushState(null, '', path_of(name, section) + query + location.hash);
  }

  follow_address(): void {
    const found = screen_at(location.pathname);
    this.name = found.name;
    if (found.section !== null) this.section = found.section;
  }
}

export function path_of(name: ScreenName, section: Section): string {
  if (name === 'board') return '/';
  return name === 'settings' ? `/settings/${section}` : `/${name}`;
}

export function screen_at(path: string): {
  readonly name: ScreenName;
  readonly section: Section | null;
} {
  const [, first = '', second = ''] = path.split('/');
  const name = SCREENS.find((one) => one === first) ?? 'board';
  return { name, section: SECTIONS.find((one) => one === second) ?? null };
}
