/** Which zone a delivery lies in: by its place on the map, else by country and postcode. */
import type { Point } from '@kanvoy/protocol/messages.gen.ts';
import type { Zone } from '@kanvoy/sync/records.ts';

export interface Located {
  readonly country: string;
  readonly postcode: string;
  readonly point: Point | null;
}

/** The first zone it lies in; zones with a polygon are asked first, as they are more exact. */
export function zone_of(place: Located, zones: readonly Zone[]): Zone | null {
  return (
    zones.find((zone) => zone.polygon.length > 2 && lies_in(place, zone)) ??
    zones.find((zone) => zone.polygon.length <= 2 && lies_in(place, zone)) ??
    null
  );
}

/** By its place or by its postcode; a zone that names neither has nothing in it. */
export function lies_in(place: Located, zone: Zone): boolean {
  const mapped = zone.polygon.length > 2 && place.point !== null;
  if (mapped && place.point !== null && is_inside(place.point, zone.polygon)) return true;
  if (zone.countries.length === 0 && zone.postcodes.length === 0) return false;
  const at_home = zone.countries.length === 0 || zone.countries.includes(place.country);
  const postcode = place.postcode.replaceAll(' ', '').toUpperCase();
  const near =
    zone.postcodes.length === 0 ||
    zone.postcodes.some((begin) => postcode.startsWith(begin.replaceAll(' ', '').toUpperCase()));
  return at_home && near;
}

/** Even-odd rule on the flat map; good for areas of a city or a country. */
export function is_inside(point: Point, polygon: readonly Point[]): boolean {
  let inside = false;
  polygon.forEach((one, at) => {
    const other = polygon[(at + polygon.length - 1) % polygon.length] ?? one;
    if (one.lat > point.lat === other.lat > point.lat) return;
    const share = (point.lat - one.lat) / (other.lat - one.lat);
    if (point.lon < one.lon + share * (other.lon - one.lon)) inside = !inside;
  });
  return inside;
}
