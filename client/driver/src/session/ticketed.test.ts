import { CLOSE, type FromServer } from '@kanvoy/protocol/messages.gen.ts';
import { ManualNetwork } from '@kanvoy/sync/testing/manual_socket.ts';
import { expect, test } from 'vitest';
import { ticketed_transport, type TicketDesk } from './ticketed.ts';

const PING: FromServer = { type: 'ping', server_time: 1 };

class Line {
  readonly network = new ManualNetwork();
  readonly protocols: (readonly string[])[] = [];
  readonly closed: number[] = [];
  readonly frames: string[] = [];
  opened = 0;

  constructor(desk: TicketDesk) {
    const open = ticketed_transport('wss://x/v1/realtime', desk, (_url, protocols) => {
      this.protocols.push(protocols);
      return this.network.open;
    });
    this.transport = open({
      opened: () => (this.opened += 1),
      frame: (text) => this.frames.push(text),
      closed: (code) => this.closed.push(code),
    });
  }

  readonly transport: { close(): void };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};
const failure = { status: 0, code: 'offline', detail: '', retry_after: null, body: null };
const good: TicketDesk = {
  ticket: async () => ({ ok: true, value: { ticket: 'T1', expires_at: 0 } }),
  revoked: () => false,
};

test('the socket opens with a ticket and speaks as any other', async () => {
  const line = new Line(good);
  await turns();
  line.network.last.accept();
  line.network.last.deliver(PING);
  expect(line.protocols).toEqual([['kanvoy.v1.json', 'kanvoy.ticket.T1']]);
  expect([line.opened, line.frames.length]).toEqual([1, 1]);
});

test('without a ticket it is as if the network had gone', async () => {
  const line = new Line({ ...good, ticket: async () => ({ ok: false, failure }) });
  await turns();
  expect(line.closed).toEqual([1006]);
});

test('a revoked phone is told to stay away', async () => {
  const line = new Line({
    ticket: async () => ({ ok: false, failure }),
    revoked: () => true,
  });
  await turns();
  expect(line.closed).toEqual([CLOSE.REVOKED]);
});

test('a ticket that ran out on a slow road is no reason to stay away', async () => {
  const line = new Line(good);
  await turns();
  line.network.last.close(CLOSE.UNAUTHENTICATED);
  expect(line.closed).toEqual([1006]);
});

test('who left before the ticket came opens no socket', async () => {
  const line = new Line(good);
  line.transport.close();
  await turns();
  expect(line.network.sockets).toEqual([]);
  expect(line.closed).toEqual([]);
});
