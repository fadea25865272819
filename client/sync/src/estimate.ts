import type { Line, Order } from './full.ts';

/** A line with new quantity or price; the other amounts follow in proportion until the server says. */
export function priced(line: Line, before: Line): Line {
  const gross = line.quantity * line.unit_price;
  const share = before.gross === 0 ? 1 : gross / before.gross;
  const scaled = (amount: number): number => Math.round(amount * share);
  const fresh = before.gross === 0;
  return {
    ...line,
    gross,
    discount: scaled(before.discount),
    net: fresh ? gross : scaled(before.net),
    tax: scaled(before.tax),
    total: fresh ? gross : scaled(before.total),
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
  return lines.reduce((sum, line) => sum + line[field], 0);
}
