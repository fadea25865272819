// Socket.IO as its documentation shows it: a room per channel, `io.to(room).emit`.
const { createServer } = require('node:http');
const { Server } = require('socket.io');
const { serve } = require('./control.cjs');

const spec = JSON.parse(process.argv[2]);
const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false });

io.on('connection', (socket) => socket.join(`board${socket.handshake.query.channel}`));

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const path = '/socket.io/?EIO=4&transport=websocket&channel=';
  serve(spec, http.address().port, path, (channel, message) => {
    io.to(`board${channel}`).emit('m', message);
  });
});
