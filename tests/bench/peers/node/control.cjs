// The control wire of a peer on Node: see tests/bench/servers/control.py.
const net = require('node:net');

/** Messages of the size that ours have, numbered within their channel. */
class Payload {
  constructor(size) {
    this.padding = 'x'.repeat(size - '{"upto":00000000,"padding":""}'.length);
    this.number = 0;
  }

  next() {
    this.number += 1;
    return { upto: this.number + 10_000_000, padding: this.padding };
  }
}

/** Publish the next message of the next channel for each `p`; tell where we listen. */
exports.serve = (spec, port, path, publish) => {
  const channels = spec.channels ?? 1;
  const payloads = Array.from({ length: channels }, () => new Payload(spec.bytes));
  let turn = 0;
  const control = net.createServer((wire) => {
    wire.on('error', () => wire.destroy());
    wire.on('data', (asked) => {
      for (const byte of asked) {
        if (byte === 0x70) {
          publish(turn, payloads[turn].next());
          turn = (turn + 1) % channels;
        } else if (byte === 0x74) wire.write('{}\n');
      }
    });
  });
  control.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ port, control: control.address().port, path }));
  });
};
