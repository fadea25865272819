// tldraw's sync engine as its documentation shows it: a room per tenant, each on a durable SQLite.
// It checks no version: the last writer wins.
const { createServer } = require('node:http');
const { mkdirSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
const { WebSocketServer } = require('ws');
const { NodeSqliteWrapper, SQLiteSyncStorage, TLSocketRoom } = require('@tldraw/sync-core');
const { createRecordType, StoreSchema } = require('@tldraw/store');
const { serve } = require('./control.cjs');

const spec = JSON.parse(process.argv[2]);
const folder = `${spec.store.replace('sqlite:///', '')}.tldraw`;
mkdirSync(folder);
const card = createRecordType('card', { scope: 'document', validator: { validate: (it) => it } });
const schema = StoreSchema.create({ card });

const orderId = (tenant, at) =>
  `0193a000-${tenant.toString(16).padStart(4, '0')}-7000-8000-${at.toString(16).padStart(12, '0')}`;

const room = (tenant) => {
  const database = new DatabaseSync(`${folder}/${tenant}.sqlite3`);
  database.exec('PRAGMA journal_mode=WAL');
  database.exec('PRAGMA synchronous=FULL');
  const documents = Array.from({ length: spec.orders }, (_, at) => ({
    state: { typeName: 'card', id: `card:${orderId(tenant, at)}`, stage_id: 'new' },
    lastChangedClock: 0,
  }));
  const snapshot = { clock: 0, documentClock: 0, documents, schema: schema.serialize() };
  const storage = new SQLiteSyncStorage({ sql: new NodeSqliteWrapper(database), snapshot });
  return new TLSocketRoom({ schema, storage });
};

const rooms = Array.from({ length: spec.tenants }, (_, tenant) => room(tenant));
const http = createServer();
const hub = new WebSocketServer({ server: http, perMessageDeflate: false });
let sessions = 0;

hub.on('connection', (socket, request) => {
  const tenant = Number(/^Bearer t(\d+)\//.exec(request.headers.authorization)[1]);
  socket.on('error', () => socket.terminate());
  sessions += 1;
  rooms[tenant].handleSocketConnect({ sessionId: `session-${sessions}`, socket });
});

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  serve({ bytes: 300 }, http.address().port, '/board', () => {});
});
