/** What the list of devices calls this phone: enough to tell two of them apart. */
export function phone_name(agent: string = navigator.userAgent): string {
  const system = /iPhone|iPad|Android|Windows|Mac OS|Linux/.exec(agent)?.[0] ?? 'Phone';
  const browser = /Firefox|Edg|SamsungBrowser|Chrome|Safari/.exec(agent)?.[0] ?? '';
  const named = { Edg: 'Edge', SamsungBrowser: 'Samsung', 'Mac OS': 'Mac' };
  const plain = (word: string): string =>
    Object.entries(named).find(([k]) => k === word)?.[1] ?? word;
  return [plain(system), plain(browser)].filter((word) => word !== '').join(' · ');
}

/** `BCDF-GHJK` out of what a person typed or a link carries. */
export function as_code(text: string): string {
  const letters = text
    .toUpperCase()
    .replace(/[^A-Z]/g, '')
    .slice(0, 8);
  return letters.length > 4 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : letters;
}

/** The code of a link such as `/driver#pair=BCDF-GHJK`; no server ever sees it. */
export function code_of(hash: string): string | null {
  const code = as_code(new URLSearchParams(hash.replace(/^#/, '')).get('pair') ?? '');
  return code.length === 9 ? code : null;
}
