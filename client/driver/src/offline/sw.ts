/**
 * Lets the app start without network: its own files and nothing else. What the server says is
 * never kept here; the engine does that, under the driver's own rules.
 */
import type { FilesOfBuild } from './files.ts';

interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends WorkerEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface PushEvent extends WorkerEvent {
  readonly data: { json(): unknown } | null;
}
interface ClickEvent extends WorkerEvent {
  readonly notification: { close(): void };
}
interface Page {
  readonly url: string;
  focus(): Promise<unknown>;
  postMessage(words: string): void;
}
interface Worker {
  addEventListener<E extends Event>(type: string, listener: (event: E) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: object): Promise<readonly Page[]>;
    openWindow(url: string): Promise<unknown>;
  };
  readonly registration: { showNotification(title: string, options: object): Promise<void> };
  readonly location: Location;
}

declare const FILES: FilesOfBuild;

const worker = globalThis as unknown as Worker;
const PAGE = '/driver';
const PREFIX = 'kanvoy-driver-';
const NAME = `${PREFIX}${FILES.build}`;

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  // Straight from the server: a page of the last build with scripts of this one would not start.
  await cache.addAll(
    [PAGE, ...FILES.addresses].map((url) => new Request(url, { cache: 'reload' })),
  );
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** From the cache first: the app starts as fast underground as at home. */
async function answer(request: Request, key: string): Promise<Response> {
  const cache = await caches.open(NAME);
  return (await cache.match(key)) ?? fetch(request);
}

/** The key of what we keep; null when the request is none of our business. */
function kept_key({ method, url, mode }: Request): string | null {
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== worker.location.origin) return null;
  const is_page = mode === 'navigate' && (pathname === PAGE || pathname === `${PAGE}/`);
  if (is_page) return PAGE;
  return FILES.addresses.includes(pathname) ? pathname : null;
}

async function tell_pages(words: string): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) page.postMessage(words);
}

async function open_app(): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL(url).pathname.startsWith(PAGE));
  await (page === undefined ? worker.clients.openWindow(PAGE) : page.focus());
}

worker.addEventListener<WorkerEvent>('install', (event) => event.waitUntil(install()));
worker.addEventListener<WorkerEvent>('activate', (event) => event.waitUntil(activate()));
worker.addEventListener<FetchEvent>('fetch', (event) => {
  const key = kept_key(event.request);
  if (key !== null) event.respondWith(answer(event.request, key));
});
worker.addEventListener<MessageEvent>('message', ({ data }) => {
  if (data === 'take over') void worker.skipWaiting();
});
// A hint to wake up, without content: what changed comes over the socket, to whom it concerns.
worker.addEventListener<PushEvent>('push', (event) => {
  const told = { body: 'Open to see what is new.', tag: 'run', icon: '/driver/icon.svg' };
  event.waitUntil(worker.registration.showNotification('Your run changed', told));
});
// The browser changed the address: an open app registers the new one, a closed one when it starts.
worker.addEventListener<WorkerEvent>('pushsubscriptionchange', (event) => {
  event.waitUntil(tell_pages('subscription changed'));
});
worker.addEventListener<ClickEvent>('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open_app());
});
