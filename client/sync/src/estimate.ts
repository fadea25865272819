import type { Line, Order } from './full.ts';

/**
 * A line with new quantity or price; the other amounts follow in proportion until the server says.
 * A masked line has no amounts to follow.
 */
export function priced(line: Line, before: Line): Line {
  if (line.unit_price === null) return line;
  const gross = line.quantity * line.unit_price;
  const was = before.gross ?? 0;
  const scaled = (amount: number | null): number =>
    was === 0 ? (amount ?? 0) : Math.round(((amount ?? 0) * gross) / was);
  return {
    ...line,
    gross,
    discount: scaled(before.discount),
    net: was === 0 ? gross : scaled(before.net),
    tax: scaled(before.tax),
    total: was === 0 ? gross : scaled(before.total),
  };
}

/** The order with other lines, and its totals moved by what the lines changed. An estimate. */
export function retotalled(order: Order, lines: readonly Line[]): Order {
  const { totals } = order;
  if (totals === null) return { ...order, lines };
  const by = (field: 'gross' | 'discount' | 'net' | 'tax' | 'total'): number =>
    total(lines, field) - total(order.lines, field);
  return {
    ...order,
    lines,
    totals: {
      ...totals,
      lines: totals.lines + by('gross'),
      discounts: totals.discounts + by('discount'),
      net: totals.net + by('net'),
      tax: totals.tax + by('tax'),
      total: totals.total + by('total'),
    },
  };
}

function total(
  lines: readonly Line[],
  field: 'gross' | 'discount' | 'net' | 'tax' | 'total',
): number {
  return lines.reduce((sum, line) => sum + (line[field] ?? 0), 0);
}
