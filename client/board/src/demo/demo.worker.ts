/** Runs the demo's server beside the page, so that its work is not measured as the board's. */
import type { FromClient } from '@kanvoy/protocol/messages.gen.ts';
import type { FromWorker, ToWorker } from './asked.ts';
import { DemoServer } from './demo_server.ts';

const TICK_MS = 5;

let server: DemoServer | null = null;
let rate = 0;
let delay = 0;
let recent: string[] = [];

function say(message: FromWorker): void {
  postMessage(message);
}

/** Answers to the page's own frames come late by `delay`, as over a network. */
function later(run: () => void): void {
  if (delay === 0) run();
  else setTimeout(run, delay);
}

function start(cards: number, hot: boolean): void {
  server = new DemoServer(cards, (text) => say({ kind: 'frame', text }));
  let debt = 0;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    debt += ((now - last) / 1_000) * rate;
    last = now;
    for (; debt >= 1; debt -= 1) server?.happen(hot ? recent : []);
  }, TICK_MS);
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'start':
      ({ rate, delay } = data);
      return start(data.cards, data.hot);
    case 'frame': {
      const message: FromClient = JSON.parse(data.text);
      return later(() => server?.receive(message));
    }
    case 'change':
      recent = [...recent, data.command.order_id].slice(-40);
      return server?.change(data.command, data.by);
    case 'people':
      return server?.show_people(data.people);
    case 'rate':
      rate = data.rate;
      return;
    case 'delay':
      delay = data.delay;
      return;
    case 'timeline':
      return say({ kind: 'timeline', id: data.id, items: server?.timeline(data.id) ?? [] });
  }
});
