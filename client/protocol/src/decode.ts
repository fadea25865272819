/**
 * Frames to messages and back: the only place where unknown words become types.
 *
 * A server may be newer than this client. Message types, ops and views that we do not know are
 * left out; a rejection that we do not know stays a rejection.
 */
import {
  DEFAULTS,
  PARTS,
  REJECTION_CODES,
  SERVER_TYPES,
  type FromClient,
  type FromServer,
  type PartType,
  type View,
  type ViewType,
} from './messages.gen.ts';

/** `T` as a reader wants it: every field is there, in its parts too. */
export type Complete<T> = T extends readonly (infer Item)[]
  ? readonly Complete<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Complete<T[Key]> }
    : T;

/** The view with this `type`, every field filled in. */
export type Completed<Type extends ViewType = ViewType> = Complete<Extract<View, { type: Type }>>;

type Json = Readonly<Record<string, unknown>>;

/** The message of one text frame, or nothing when its type is newer than this client. */
export function decode(frame: string): FromServer | undefined {
  const message: unknown = JSON.parse(frame);
  if (!isJson(message) || !SERVER_TYPES.has(String(message['type']))) return undefined;
  return known(message) as unknown as FromServer;
}

/** One message as the text of a frame. */
export function encode(message: FromClient): string {
  return JSON.stringify(message);
}

/** A view with all that was left out filled in, so that readers ask for fields, not for presence. */
export function complete<V extends View>(view: V): Complete<V> {
  return filled(view.type, view as unknown as Json) as Complete<V>;
}

/** A view after a patch. Fields are absolute values; null sets the default back. */
export function patched<Type extends ViewType>(
  view: Completed<Type>,
  fields: Json,
): Completed<Type> {
  const type = view.type as ViewType;
  const next: Record<string, unknown> = { ...(view as unknown as Json) };
  for (const [name, value] of Object.entries(fields)) {
    next[name] = value === null ? (DEFAULTS[type][name] ?? null) : fitted(type, name, value);
  }
  return next as unknown as Completed<Type>;
}

function known(message: Json): Json {
  switch (message['type']) {
    case 'changes':
      return { ...message, ops: list(message['ops']).filter(isKnownOp) };
    case 'snapshot_chunk':
      return { ...message, items: list(message['items']).filter(isKnownOp) };
    case 'rejected':
      return { ...message, rejection: knownRejection(message['rejection']) };
    case 'receipt':
      return { ...message, items: list(message['items']).map(knownItem) };
    default:
      return message;
  }
}

function isKnownOp(op: unknown): boolean {
  if (!isJson(op)) return false;
  const view = op['view'];
  if (op['op'] !== 'put') return op['op'] === 'patch' || op['op'] === 'remove';
  return isJson(view) && String(view['type']) in DEFAULTS;
}

function knownItem(item: unknown): unknown {
  if (!isJson(item) || !isJson(item['rejection'])) return item;
  return { ...item, rejection: knownRejection(item['rejection']) };
}

/** A refusal newer than this client is still a refusal: one problem named by its code. */
function knownRejection(rejection: unknown): unknown {
  const code = isJson(rejection) ? String(rejection['code']) : '';
  if (REJECTION_CODES.has(code)) return rejection;
  return { code: 'invalid', problems: [{ field: 'code', rule: code, limit: null }] };
}

function filled(type: ViewType | PartType, given: Json): Json {
  const whole: Record<string, unknown> = { ...DEFAULTS[type], ...given };
  for (const name of Object.keys(PARTS[type])) whole[name] = fitted(type, name, whole[name]);
  return whole;
}

/** The value of one field with the parts inside it filled in. */
function fitted(type: ViewType | PartType, name: string, value: unknown): unknown {
  const part = PARTS[type][name];
  if (part === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map((each: Json) => filled(part, each));
  return filled(part, value as Json);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
