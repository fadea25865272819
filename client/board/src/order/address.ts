/** Addresses as people read them. */
import type { Address } from '@kanvoy/protocol/messages.gen.ts';

export function address_lines(address: Address): readonly string[] {
  const town = [address.postcode, address.city]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
  const rest = [town, address.region, address.country].filter(
    (part) => part !== undefined && part !== '',
  );
  return [
    address.name,
    address.street,
    rest.join(', '),
    address.phone,
    address.instructions,
  ].filter((line): line is string => line !== undefined && line !== '');
}

/** A field's value as an address; nothing and anything else is an empty one. */
export function as_address(value: unknown): Address {
  if (typeof value !== 'object' || value === null) return {};
  const texts = Object.entries(value).filter(([, part]) => typeof part === 'string');
  return Object.fromEntries(texts);
}
