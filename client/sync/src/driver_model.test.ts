import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StopDeliveryView } from '@kanvoy/protocol/messages.gen.ts';
import { is_happening } from './overlay_stop.ts';
import { RoadWorld, type Phone } from './testing/road_world.ts';

const MOVES = [
  'say',
  'say',
  'say',
  'read_news',
  'edit',
  'edit',
  'reassign',
  'give_back',
  'read',
  'read',
  'push',
  'deliver',
  'deliver',
  'duplicate',
  'drop',
  'half_drop',
  'accept',
  'accept',
  'time',
  'hours',
  'frame',
  'frame',
  'store',
  'kill',
] as const;

const FACTS = [
  'collect_delivery',
  'arrive_delivery',
  'complete_delivery',
  'fail_delivery',
] as const;

interface Move {
  readonly kind: (typeof MOVES)[number];
  readonly one: number;
  readonly other: number;
}

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom(...MOVES),
  one: fc.nat(2),
  other: fc.nat(7),
});

/** A phone on the road, and what its driver was promised. */
class Day {
  readonly world = new RoadWorld();
  phone!: Phone;
  /** Bodies of what was said and reached the disk, by client and number. */
  readonly promised = new Set<string>();
  #said = 0;

  async run({ kind, one, other }: Move): Promise<void> {
    const { world, phone } = this;
    const { server, time } = world;
    const { session } = phone;
    const order = `order-${one + 1}`;
    if (kind === 'say') this.#say(one, other);
    if (kind === 'read_news') {
      const word = other % 2 === 0 ? 'seen' : 'acknowledged';
      phone.engine.received([`delivery-${one + 1}`], word);
    }
    if (kind === 'edit') this.#edit(order, other);
    if (kind === 'reassign') server.assign(order, 'tom');
    if (kind === 'give_back') server.assign(order, 'ana');
    if (kind === 'read' && session !== null) server.read(session);
    if (kind === 'push' && session !== null) server.push(session);
    if (kind === 'deliver' && session !== null) server.deliver(session, 1 + other);
    if (kind === 'duplicate' && session !== null) {
      const frame = session.delivered[other % Math.max(1, session.delivered.length)];
      if (frame !== undefined) session.socket.deliver(frame);
    }
    if (kind === 'drop') world.lose(phone);
    if (kind === 'half_drop') {
      phone.network.last.take();
      world.lose(phone);
    }
    if (kind === 'accept' && session === null && phone.network.last.open) world.accept(phone);
    if (kind === 'time') time.pass(other * 700);
    if (kind === 'hours') time.pass(other * 1_800_000);
    if (kind === 'frame') time.frame();
    if (kind === 'store') await this.#stored();
    if (kind === 'kill') {
      world.kill(phone);
      this.phone = await world.start();
    }
  }

  async #stored(): Promise<void> {
    await this.phone.engine.stored();
    for (const { command } of this.phone.engine.waiting.get()) {
      if (is_happening(command)) this.promised.add(`${command.kind}@${command.at}`);
    }
  }

  #say(one: number, other: number): void {
    const stop = this.phone.engine.stop(`delivery-${one + 1}`);
    const kind = FACTS[other % FACTS.length];
    if (stop === undefined || kind === undefined) return;
    this.#said += 1;
    // Each is said at a moment of its own, by which it is known again on the server's side.
    const said = { ...this.world.say(kind, stop), at: this.#said };
    this.phone.engine.issue(said as ReturnType<RoadWorld['say']>);
  }

  #edit(order: string, other: number): void {
    const quantity = other + 1;
    const edit = {
      type: 'quantity',
      line_id: 'line',
      name: 'Water',
      was: 0,
      now: quantity,
    } as const;
    const change = (each: StopDeliveryView): StopDeliveryView => ({
      ...each,
      lines: (each.lines ?? []).map((line) => ({ ...line, quantity })),
    });
    this.world.server.edit(order, edit, change);
  }

  async calm(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      // A phone that hears no welcome opens another socket, and nobody sits at its other end yet.
      if (this.phone.session?.socket !== this.phone.network.last || !this.phone.network.last.open) {
        this.world.accept(this.phone);
      }
      await this.world.settle(this.phone);
      this.world.time.pass(5_000);
    }
    await this.world.settle(this.phone);
  }

  /** What the screen shows is what the server has, and every promise was kept. */
  check(): void {
    const { engine } = this.phone;
    const { server } = this.world;
    const shown = engine.stops.get().map(({ version, stop }) => ({ version, id: stop.id, stop }));
    const real = [...server.orders.values()].flatMap((order) => {
      const view = server.visible(order);
      return view === null ? [] : [{ version: order.version, id: view.id, view }];
    });
    expect(shown.map(({ id, version }) => `${id}@${version}`)).toEqual(
      real.map(({ id, version }) => `${id}@${version}`),
    );
    expect(shown.map(({ stop }) => stop.deliveries[0]?.category)).toEqual(
      real.map(({ view }) => view.deliveries?.[0]?.category),
    );
    // Whatever is here was said to be here.
    for (const { stop } of shown) {
      for (const { receipt } of stop.deliveries) expect(receipt.word).not.toBe('sent');
    }
    expect(engine.waiting.get()).toEqual([]);
    expect(server.changed_bodies).toEqual([]);
    this.#check_promises();
  }

  /** Kept on the disk means: it happened, or is a claim, or stands refused before the driver. */
  #check_promises(): void {
    const { engine } = this.phone;
    const { server } = this.world;
    const bodies = [...server.clients.values()].flatMap(({ bodies: all }) => [...all.values()]);
    const refused = engine.refused.get();
    expect(refused.every(({ rejection }) => rejection.code !== 'gap')).toBe(true);
    const arrived = new Set(
      bodies.map((body) => {
        const { command } = JSON.parse(body) as { command: { kind: string; at?: number } };
        return `${command.kind}@${command.at ?? 0}`;
      }),
    );
    for (const promise of this.promised) expect(arrived).toContain(promise);
  }
}

// Found by the property below (seed -1217257416): the world forgot the second of two sockets.
test('a phone that was never welcomed comes again on another socket and gets its run', async () => {
  const day = new Day();
  day.phone = await day.world.start();
  const moves = [
    { kind: 'time', one: 0, other: 7 },
    { kind: 'time', one: 0, other: 1 },
    { kind: 'accept', one: 0, other: 0 },
    { kind: 'time', one: 0, other: 7 },
  ] as const;
  for (const each of moves) await day.run(each);
  await day.calm();
  day.check();
});

test('nothing a driver was promised is lost, whatever the road does to the phone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 60 }), async (moves) => {
      const day = new Day();
      day.phone = await day.world.start();
      for (const each of moves) await day.run(each);
      await day.calm();
      day.check();
    }),
    { numRuns: 150 },
  );
}, 60_000);
