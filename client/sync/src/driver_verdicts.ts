import type {
  CommandNumber,
  DeliveryId,
  OrderCommand,
  OrderId,
  Receipt,
  Rejected,
  Rejection,
} from '@kanvoy/protocol/messages.gen.ts';
import type { DriverNotice, Waiting } from './driver_notices.ts';
import type { Entry, Guess } from './entry.ts';
import type { Outbox } from './outbox.ts';
import { is_happening } from './overlay_stop.ts';
import type { Run } from './run.ts';
import type { Refused } from './shown.ts';
import { signal } from './signal.ts';
import { refusal } from './tray.ts';

export interface DriverVerdictPorts {
  readonly run: Run;
  readonly outbox: Outbox;
  now(): number;
  /** Which socket is open, counted. */
  socket(): number;
  notify(notice: DriverNotice): void;
  /** Says it again as a thing that happened. */
  reissue(command: OrderCommand): void;
  /** The delivery is not over after all. */
  undone(id: DeliveryId): void;
}

/** Takes the server's answers to what the driver did apart. */
export class DriverVerdicts {
  readonly refused = signal<readonly Refused[]>([]);
  readonly #ports: DriverVerdictPorts;
  /** On which socket each number was issued; those of an earlier life are missing. */
  readonly #issued = new Map<CommandNumber, number>();
  /** How far deliveries were reported as delivered by this life of the app. */
  readonly #told = new Map<DeliveryId, string>();

  constructor(ports: DriverVerdictPorts) {
    this.#ports = ports;
  }

  issued(number: CommandNumber): void {
    this.#issued.set(number, this.#ports.socket());
  }

  restore(refused: Refused): void {
    this.refused.set([...this.refused.get(), refused]);
  }

  find(number: CommandNumber): Refused | undefined {
    return this.refused.get().find((each) => each.number === number);
  }

  dismiss(number: CommandNumber): void {
    this.refused.set(this.refused.get().filter((each) => each.number !== number));
    this.#ports.outbox.dismiss(number);
  }

  /** What is kept to name the order by, when the stop is long gone from this device. */
  guess(id: OrderId): Guess {
    const view = this.#ports.run.stops.find(id)?.view;
    const card_was = view?.type === 'stop' ? { number: view.number } : {};
    return { rank: null, card_was, card_mine: {}, order_was: {}, order_mine: {} };
  }

  /** Deeds without a verdict; that something was seen is no deed. */
  waiting(): readonly Waiting[] {
    return this.#ports.run.pending
      .all()
      .filter(({ receipt, entry }) => receipt === null && is_deed(entry))
      .map(({ number, entry, sent }) => {
        const { command } = entry.submit;
        return {
          number,
          command,
          order_number: number_of(entry) || null,
          issued_at: entry.issued_at,
          sent,
        };
      });
  }

  /** Those of whose news the server has not been told in this life of the app. */
  untold(ids: readonly DeliveryId[]): readonly DeliveryId[] {
    const stops = this.#ports.run.draw().filter(({ id }) => ids.includes(id));
    const fresh = stops.filter(({ id, delivery }) => {
      const news = `${delivery.epoch}.${delivery.receipt.told}`;
      if (this.#told.get(id) === news) return false;
      this.#told.set(id, news);
      return true;
    });
    return fresh.map(({ id }) => id);
  }

  receipt(receipt: Receipt): void {
    const { run, outbox } = this.#ports;
    // A resent command is answered twice when the first answer was only late.
    if (run.pending.find(receipt.number)?.receipt !== null) return;
    const underway = run.settle(receipt);
    outbox.answered(receipt.number, null);
    this.#issued.delete(receipt.number);
    if (underway === undefined) return;
    const { command } = underway.entry.submit;
    const number = number_of(underway.entry);
    const warnings = receipt.warnings ?? [];
    if (warnings.includes('claim_filed')) this.#ports.notify({ kind: 'claimed', number, command });
    const others = warnings.filter((warning) => warning !== 'claim_filed');
    if (others.length > 0) this.#ports.notify({ kind: 'warned', number, warnings: others });
  }

  rejected({ number, rejection }: Rejected): void {
    const { run, outbox } = this.#ports;
    if (rejection.code === 'gap') {
      if (!outbox.gap(rejection.expected)) this.#ports.notify({ kind: 'numbering_lost' });
      return;
    }
    const underway = run.drop(number);
    if (underway === undefined) return;
    const outlived = this.#issued.get(number) !== this.#ports.socket();
    this.#issued.delete(number);
    const { entry } = underway;
    const { command, fact = false } = entry.submit;
    if (is_happening(command) && !fact && outlived && is_overtaken(rejection)) {
      // It was meant for a socket that died: the driver was offline and did not know it yet.
      // First the new one: killed in between, both are on disk, and twice said is once done.
      this.#ports.reissue(command);
      outbox.answered(number, null);
      return;
    }
    const refused = refusal(entry, rejection, this.#ports.now());
    const decide = is_deed(entry);
    outbox.answered(number, decide ? refused : null);
    if (!decide) return;
    if (command.kind === 'complete_delivery' || command.kind === 'fail_delivery') {
      this.#ports.undone(command.delivery_id);
    }
    this.restore(refused);
    this.#ports.notify({ kind: 'refused', number: number_of(entry), refused });
  }
}

/** Refused only because others were faster: said as a fact it is kept, and somebody decides. */
export function is_overtaken(rejection: Rejection): boolean {
  switch (rejection.code) {
    case 'superseded':
    case 'gate_failed':
    case 'stale':
    case 'invalid_after_merge':
      return true;
    case 'invalid':
      return rejection.problems.some(({ rule }) => rule === 'closed_stage');
    default:
      return false;
  }
}

function is_deed({ submit: { command } }: Entry): boolean {
  return command.kind !== 'acknowledge_stop' || command.receipt === 'acknowledged';
}

function number_of(entry: Entry): number {
  const [guess] = Object.values(entry.guesses);
  const number = guess?.card_was['number'];
  return typeof number === 'number' ? number : 0;
}
