import type { FromServer, Put, TileView } from '@kanvoy/protocol/messages.gen.ts';
import { expect, test } from 'vitest';
import { checksum, crc32 } from './checksum.ts';
import { held } from './held.ts';
import { ManualNetwork } from './testing/manual_socket.ts';
import { ManualTime } from './testing/manual_time.ts';
import { Watcher, type Sighting } from './watcher.ts';

const CHANNEL = 'display:hall';

function tile(id: string, version: number): Put {
  const view: TileView = {
    type: 'tile',
    id,
    number: 1,
    stage_id: 'new',
    category: 'new',
    stage_since: 1,
    rank: 'a0',
  };
  return { op: 'put', kind: 'order', id, version, view };
}

const ITEMS = [tile('one', 1), tile('two', 4)];
const sum_of = (items: readonly Put[]): number => checksum(items.map(held));

/** A display whose socket, time and server move only when told. */
class Wall {
  readonly time = new ManualTime();
  readonly network = new ManualNetwork();
  readonly seen: Sighting[] = [];
  /** What the wall clock has beyond the steady one: the device slept. */
  slept = 0;
  readonly watcher: Watcher;

  constructor(visible = true) {
    this.watcher = new Watcher({
      channel: CHANNEL,
      app: { kind: 'wallboard' },
      client_id: 'client-1',
      csrf: () => 'nonce',
      open: this.network.open,
      clock: { now: () => this.time.now() + this.slept },
      steady: () => this.time.now(),
      timers: this.time,
      random: () => 0.5,
      surroundings: { visible: () => visible, on_wake: () => () => {}, on_offline: () => () => {} },
      schedule: this.time.schedule,
    });
    this.watcher.sightings.listen((each) => this.seen.push(each));
    this.watcher.connect();
  }

  get kind(): string {
    return this.watcher.freshness.get().kind;
  }

  welcome(build = 'one'): void {
    while (!this.network.last.open) this.time.pass(100);
    this.network.last.accept();
    this.network.last.deliver({
      type: 'welcome',
      protocol: 1,
      session_id: 's',
      server_time: this.time.now(),
      user: {
        id: 'd',
        name: '',
        tenant_id: 't',
        tenant: '',
        roles: ['display'],
        permissions: [],
        call_sign: '',
      },
      limits: {
        frame_bytes: 1,
        subscriptions: 1,
        commands_per_second: 1,
        commands_burst: 1,
        unacknowledged: 1,
      },
      ping_seconds: 2,
      pong_seconds: 10,
      last_number: 0,
      build,
    });
  }

  snapshot(items: readonly Put[] = ITEMS, sequence = 10): void {
    const common = { channel: CHANNEL, epoch: 1 };
    const frames: FromServer[] = [
      { type: 'subscribed', channel: CHANNEL, mode: 'snapshot' },
      { type: 'snapshot_begin', ...common, sequence, nonce: 70, chunks: 1 },
      { type: 'snapshot_chunk', ...common, index: 0, cut: sequence, items },
      { type: 'snapshot_end', ...common },
    ];
    this.network.last.deliver(...frames);
  }

  ping(sum = sum_of(ITEMS), head = 10): void {
    this.network.last.deliver({
      type: 'ping',
      server_time: this.time.now(),
      heads: { [CHANNEL]: head },
      checksums: { [CHANNEL]: sum },
    });
  }

  /** The server answers what it was asked since the last look. */
  answer(): void {
    for (const each of this.network.last.take()) {
      if (each.type === 'ping') {
        this.network.last.deliver({ type: 'pong', server_time: this.time.now() });
      }
    }
  }

  /** A healthy server, for so many seconds. */
  live(seconds: number): void {
    for (let second = 0; second < seconds; second += 2) {
      this.ping();
      this.answer();
      this.time.pass(2_000);
    }
  }
}

function a_live_wall(): Wall {
  const wall = new Wall();
  wall.welcome();
  wall.snapshot();
  wall.live(4);
  wall.network.last.take();
  return wall;
}

test('CRC-32 is what zlib says', () => {
  expect(crc32('order/order-1@3')).toBe(0x5de2a1b1);
  expect(crc32('')).toBe(0);
});

test('[WB62] a screen is live when it is whole and adds up to what the server says', () => {
  const wall = new Wall();
  wall.welcome();
  wall.ping(0, 0);
  const empty = wall.kind;
  wall.snapshot();
  const drawn = wall.kind;
  wall.ping();

  expect([empty, drawn, wall.kind]).toEqual(['starting', 'starting', 'live']);
});

test('[WB61] a healthy screen stays live for hours and holds no more than at first', () => {
  const wall = a_live_wall();
  let worst = 'live';
  wall.watcher.freshness.subscribe((now) => {
    if (now.kind !== 'live') worst = now.kind;
  });

  wall.live(3_600);

  expect(worst).toBe('live');
  expect(wall.time.timers).toBeLessThan(5);
  expect(wall.seen).toEqual([]);
});

test('[WB61] [WB64] a half-open socket is amber, doubted, and left; then the screen is red', () => {
  const wall = a_live_wall();

  wall.time.pass(4_000);
  const amber = wall.kind;
  wall.time.pass(1_000);
  const asked = wall.network.last.take();
  wall.time.pass(3_500);
  const sockets = wall.network.sockets.length;
  wall.time.pass(14_000);

  expect(amber).toBe('amber');
  expect(asked).toContainEqual({ type: 'ping' });
  expect(sockets).toBe(2);
  expect(wall.watcher.freshness.get()).toMatchObject({ kind: 'red' });
});

test('[WB64] a screen that is not proven yet asks once for each ping, however it is answered', () => {
  const wall = new Wall();
  wall.welcome();
  wall.network.last.take();

  let asked = 0;
  for (let step = 0; step < 40; step += 1) {
    if (step % 4 === 0) wall.ping(1, 99);
    for (const each of wall.network.last.take()) {
      if (each.type !== 'ping') continue;
      asked += 1;
      wall.network.last.deliver({ type: 'pong', server_time: wall.time.now() });
    }
    wall.time.pass(500);
  }

  expect(asked).toBe(10);
});

test('[WB62] after a minute without a network the ribbon goes only with an equal checksum', () => {
  const wall = a_live_wall();
  wall.network.last.close(1006);
  wall.time.pass(60_000);
  expect(wall.kind).toBe('red');

  wall.welcome();
  const hello = wall.network.last.sent.find((each) => each.type === 'hello');
  wall.network.last.deliver(
    { type: 'subscribed', channel: CHANNEL, mode: 'resume' },
    {
      type: 'changes',
      channel: CHANNEL,
      epoch: 1,
      after: 10,
      upto: 12,
      nonce: 84,
      ops: [{ op: 'patch', kind: 'order', id: 'one', version: 2, fields: { priority: 3 } }],
    },
  );
  const resumed = wall.kind;
  wall.ping(sum_of([tile('one', 2), tile('two', 4)]), 12);

  expect(hello).toMatchObject({ subscriptions: [{ channel: CHANNEL, cursor: '1.10.70' }] });
  expect([resumed, wall.kind]).toEqual(['red', 'live']);
});

test('[WB62] frames that lay in a buffer while the device slept do not make the screen live', () => {
  const wall = a_live_wall();

  wall.slept = 600_000;
  wall.ping();
  const woken = wall.kind;
  wall.answer();

  expect([woken, wall.kind]).toEqual(['red', 'live']);
});

test('[WB63] another sum at the same place asks for everything anew, and says so', () => {
  const wall = a_live_wall();

  wall.ping(123);
  const sent = wall.network.last.take();
  wall.time.pass(6_000);
  const before = wall.kind;
  wall.snapshot([tile('one', 1), tile('three', 1)], 11);
  wall.ping(sum_of([tile('one', 1), tile('three', 1)]), 11);
  wall.answer();

  expect(sent).toContainEqual({ type: 'subscribe', wanted: { channel: CHANNEL } });
  expect(wall.seen).toEqual([{ kind: 'repaired', problem: 'sum' }]);
  expect([before, wall.kind]).toEqual(['amber', 'live']);
  expect([...wall.watcher.state.confirmed().keys()]).toEqual(['one', 'three']);
});

test('[WB63] a server that never agrees is asked less and less often, and the screen turns red', () => {
  const wall = a_live_wall();

  for (let second = 0; second < 120; second += 2) {
    wall.ping(123);
    wall.answer();
    wall.snapshot();
    wall.time.pass(2_000);
  }

  expect(wall.kind).toBe('red');
  expect(wall.seen.length).toBeLessThan(7);
});

test('[WB72] the server is told of a mismatch once until the sums agree again', () => {
  const wall = a_live_wall();
  const told: unknown[] = [];
  const wrong = (sum: number): void => {
    for (let second = 0; second < 20; second += 2) {
      wall.ping(sum);
      told.push(...wall.network.last.take().filter((each) => each.type === 'mismatch'));
      wall.snapshot();
      wall.time.pass(2_000);
    }
  };

  wrong(123);
  wall.ping();
  wrong(124);

  const report = { type: 'mismatch', channel: CHANNEL, cursor: '1.10.70', shown: sum_of(ITEMS) };
  expect(told).toEqual([
    { ...report, told: 123 },
    { ...report, told: 124 },
  ]);
});

test('[WB63] a ping from before our cursor says nothing about it', () => {
  const wall = a_live_wall();

  wall.ping(123, 9);

  expect(wall.seen).toEqual([]);
});

test('[LV63] a channel that stays behind its head for two pings is resumed from its cursor', () => {
  const wall = a_live_wall();

  wall.ping(0, 12);
  wall.ping(0, 12);

  expect(wall.network.last.take()).toContainEqual({
    type: 'subscribe',
    wanted: { channel: CHANNEL, cursor: '1.10.70' },
  });
});

test('[WB64] a hidden screen comes back all the same: nobody will bring it to the front', () => {
  const wall = new Wall(false);
  wall.welcome();

  wall.network.last.close(1006);
  wall.time.pass(1_000);

  expect(wall.network.sockets).toHaveLength(2);
});

test('[WB65] the program hears of a new build and of a door that was closed for good', () => {
  const wall = a_live_wall();
  wall.network.last.close(4200);
  wall.time.pass(1_000);
  wall.welcome('two');

  wall.network.last.close(4004);
  wall.time.pass(60_000);

  expect(wall.seen).toEqual([
    { kind: 'build', build: 'two' },
    { kind: 'stopped', code: 4004 },
  ]);
  expect(wall.network.sockets).toHaveLength(2);
  expect(wall.kind).toBe('red');
});
