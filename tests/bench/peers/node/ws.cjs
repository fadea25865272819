// A hub on Node's `ws`: a set of sockets per channel and one `send` each.
const { createServer } = require('node:http');
const { WebSocketServer } = require('ws');
const { serve } = require('./control.cjs');

const spec = JSON.parse(process.argv[2]);
const rooms = Array.from({ length: spec.channels ?? 1 }, () => new Set());
const http = createServer();
const hub = new WebSocketServer({ server: http, perMessageDeflate: false });

hub.on('connection', (socket, request) => {
  const room = rooms[Number(request.url.replace('/board', ''))];
  room.add(socket);
  socket.on('close', () => room.delete(socket));
  socket.on('error', () => socket.terminate());
});

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  serve(spec, http.address().port, '/board', (channel, message) => {
    const text = Buffer.from(JSON.stringify(message));
    for (const socket of rooms[channel]) socket.send(text, { binary: false });
  });
});
