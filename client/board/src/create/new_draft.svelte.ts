/** The form of a new order: what was entered, what is missing, and the command it becomes. */
import type { Formats } from '@kanvoy/kit/format.ts';
import { t } from '@kanvoy/kit/texts.ts';
import type {
  CreateOrder,
  NewLine,
  PaymentMethod,
  Priority,
  Window,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Customer, Product } from '@kanvoy/sync/records.ts';

export interface DraftLine {
  readonly id: string;
  readonly product_id: string | null;
  readonly name: string;
  readonly sku: string;
  readonly quantity: number;
  /** `null` until somebody says what free text costs; 0 is an answer. */
  readonly unit_price: number | null;
}

export interface InlineCustomer {
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  readonly street: string;
  readonly postcode: string;
  readonly city: string;
}

export interface Problems {
  readonly customer?: string;
  readonly lines?: string;
  readonly fee?: string;
}

export class NewDraft {
  customer: Customer | null = $state.raw(null);
  inline: InlineCustomer | null = $state.raw(null);
  lines: readonly DraftLine[] = $state.raw([]);
  window: Window | null = $state.raw(null);
  fee: string = $state('');
  payment: PaymentMethod | null = $state.raw(null);
  priority: Priority = $state.raw(1);
  driver_id: string | null = $state.raw(null);
  csr_id: string | null = $state.raw(null);
  note: string = $state('');
  readonly #formats: Formats;
  readonly #currency: string;

  /** `taker` owns the order unless somebody else is chosen. */
  constructor(formats: Formats, currency: string, taker: string | null) {
    this.csr_id = taker;
    this.#formats = formats;
    this.#currency = currency;
  }

  readonly problems: Problems = $derived.by(() => ({
    ...(this.customer_name === '' ? { customer: t('create.no_customer') } : {}),
    ...(this.lines.length === 0
      ? { lines: t('create.no_lines') }
      : this.lines.some((line) => !(line.quantity >= 1))
        ? { lines: t('create.bad_quantity') }
        : this.lines.some((line) => line.unit_price === null)
          ? { lines: t('create.no_price') }
          : {}),
    ...(this.fee.trim() !== '' && this.#fee() === null ? { fee: t('create.bad_amount') } : {}),
  }));

  readonly total: number = $derived(
    this.lines.reduce(
      (sum, line) => sum + (line.unit_price ?? 0) * (line.quantity || 0),
      this.#fee() ?? 0,
    ),
  );

  get customer_name(): string {
    return (this.inline?.name ?? this.customer?.customer.name ?? '').trim();
  }

  start_inline(name: string): void {
    this.customer = null;
    this.inline = { name, phone: '', email: '', street: '', postcode: '', city: '' };
  }

  set_inline(key: keyof InlineCustomer, value: string): void {
    if (this.inline !== null) this.inline = { ...this.inline, [key]: value };
  }

  stop_inline(): void {
    this.inline = null;
  }

  /** The same product again is one more of it. */
  add(id: string, product: Product): void {
    const known = this.lines.find((line) => line.product_id === product.id);
    if (known !== undefined) {
      this.set_quantity(known.id, known.quantity + 1);
      return;
    }
    const { name, sku, unit_price } = product;
    this.lines = [
      ...this.lines,
      { id, product_id: product.id, name, sku, quantity: 1, unit_price },
    ];
  }

  add_text(id: string, name: string): void {
    this.lines = [
      ...this.lines,
      { id, product_id: null, name, sku: '', quantity: 1, unit_price: null },
    ];
  }

  set_quantity(id: string, quantity: number): void {
    const whole = Number.isFinite(quantity) ? Math.trunc(quantity) : 0;
    this.lines = this.lines.map((line) => (line.id === id ? { ...line, quantity: whole } : line));
  }

  set_price(id: string, text: string): void {
    const amount = this.#formats.parse(text, this.#currency);
    const unit_price = amount === null || amount < 0 ? null : amount;
    this.lines = this.lines.map((line) => (line.id === id ? { ...line, unit_price } : line));
  }

  remove(id: string): void {
    this.lines = this.lines.filter((line) => line.id !== id);
  }

  command(order_id: string, delivery_id: string): CreateOrder {
    const fee = this.#fee() ?? 0;
    return {
      kind: 'create_order',
      order_id,
      delivery_id,
      ...this.#whose(),
      lines: this.lines.map(asked_line),
      ...(fee > 0 ? { charges: [{ charge: 'delivery_fee', amount: fee }] } : {}),
      ...(this.window === null ? {} : { window: this.window }),
      ...(this.payment === null ? {} : { payment_method: this.payment }),
      priority: this.priority,
      ...(this.driver_id === null ? {} : { driver_id: this.driver_id }),
      ...(this.csr_id === null ? {} : { csr_id: this.csr_id }),
      ...(this.note.trim() === '' ? {} : { note: this.note.trim() }),
    };
  }

  #whose(): Partial<CreateOrder> {
    if (this.inline === null)
      return this.customer === null ? {} : { customer_id: this.customer.id };
    const { name, phone, email, street, postcode, city } = this.inline;
    return {
      customer: { name: name.trim(), phone, email },
      shipping_address: { name: name.trim(), street, postcode, city, phone },
    };
  }

  #fee(): number | null {
    const amount = this.#formats.parse(this.fee, this.#currency);
    return amount === null || amount < 0 ? null : amount;
  }
}

function asked_line(line: DraftLine): NewLine {
  const { id, quantity, product_id, name, unit_price } = line;
  return product_id === null
    ? { line_id: id, quantity, name, unit_price: unit_price ?? 0 }
    : { line_id: id, quantity, product_id };
}
