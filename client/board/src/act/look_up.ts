/** Customers and products for the pickers: asked of the server, or of what the engine holds. */
import type { Customers, Products } from '@kanvoy/protocol/messages.gen.ts';
import { complete } from '@kanvoy/protocol/decode.ts';
import { fold } from '@kanvoy/sync/filter.ts';
import type { Customer, Product } from '@kanvoy/sync/records.ts';
import type { Desk } from '../desk.svelte.ts';

const MOST = 20;

export async function find_customers(desk: Desk, words: string): Promise<readonly Customer[]> {
  const answer = await desk.http.get<Customers>(`/v1/customers?q=${encodeURIComponent(words)}`);
  if (answer.ok) return answer.value.items.map(complete).slice(0, MOST);
  const known = desk.engine.records.customers.get();
  return known
    .filter((one) => has(`${one.customer.name} ${one.customer.contact}`, words))
    .slice(0, MOST);
}

export async function find_products(desk: Desk, words: string): Promise<readonly Product[]> {
  const answer = await desk.http.get<Products>(`/v1/products?q=${encodeURIComponent(words)}`);
  if (answer.ok) return answer.value.items.map(complete).slice(0, MOST);
  const known = desk.engine.records.products.get();
  return known.filter((one) => has(`${one.name} ${one.sku}`, words)).slice(0, MOST);
}

function has(text: string, words: string): boolean {
  const hay = fold(text);
  return fold(words)
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
