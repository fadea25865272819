/** Addresses as lines to read and as links to navigate with. */
import type { StopDelivery } from '@kanvoy/sync/overlay_stop.ts';

export type FullAddress = StopDelivery['address'];

export function lines_of(address: FullAddress): readonly string[] {
  const { name = '', street = '', postcode = '', city = '', region = '', country = '' } = address;
  const place = [postcode, city].filter((word) => word !== '').join(' ');
  return [name, street, place, region, country].filter((line) => line !== '');
}

/** One line, without the name: what a map understands. */
export function searched(address: FullAddress): string {
  return lines_of({ ...address, name: '' }).join(', ');
}

export interface Navigator {
  readonly app: 'maps' | 'apple' | 'google' | 'waze';
  readonly href: string;
}

/** The ways to a place. Where nobody knows the point, the map looks for the words. */
export function navigators(address: FullAddress, agent: string): readonly Navigator[] {
  const words = encodeURIComponent(searched(address));
  const point = address.point ?? null;
  const place = point === null ? words : `${point.lat},${point.lon}`;
  const apple = /iPhone|iPad|Macintosh/.test(agent);
  const own: Navigator = apple
    ? { app: 'apple', href: `https://maps.apple.com/?daddr=${place}` }
    : {
        app: 'maps',
        href: point === null ? `geo:0,0?q=${words}` : `geo:${place}?q=${place}(${words})`,
      };
  const waze = point === null ? `q=${words}` : `ll=${place}`;
  return [
    own,
    { app: 'google', href: `https://www.google.com/maps/dir/?api=1&destination=${place}` },
    { app: 'waze', href: `https://waze.com/ul?${waze}&navigate=yes` },
  ];
}

export function callable(phone: string): string | null {
  const digits = phone.replace(/[^\d+]/g, '');
  return digits.length >= 3 ? `tel:${digits}` : null;
}
