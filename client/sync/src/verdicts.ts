import type {
  Busy,
  CommandNumber,
  OrderId,
  Receipt,
  Rejected,
} from '@kanvoy/protocol/messages.gen.ts';
import { singles, type Underway } from './entry.ts';
import { orders_of } from './groups.ts';
import type { BulkRefusal, Notice } from './notices.ts';
import type { Outbox } from './outbox.ts';
import type { Replica } from './replica.ts';
import { can_override, refusal, type Tray } from './tray.ts';
import type { History } from './undo.ts';
import type { Witness } from './witness.ts';

export interface VerdictPorts {
  readonly replica: Replica;
  readonly outbox: Outbox;
  readonly history: History;
  readonly tray: Tray;
  readonly witness: Witness;
  now(): number;
  notify(notice: Notice): void;
  /** A verdict came; `refused` when it was no. */
  counted(number: CommandNumber, refused: boolean): void;
  /** The server misses a number that we have answered already: our numbering is void there. */
  numbering_lost(): void;
}

/** Takes the server's answers to own commands apart: state, store, history and what to tell. */
export class Verdicts {
  readonly #ports: VerdictPorts;

  constructor(ports: VerdictPorts) {
    this.#ports = ports;
  }

  receive(frame: Receipt | Rejected | Busy): void {
    switch (frame.type) {
      case 'receipt':
        this.#receipt(frame);
        break;
      case 'rejected':
        this.#rejected(frame);
        break;
      case 'busy':
        this.#ports.outbox.busy(frame.number, frame.retry_ms);
        break;
    }
  }

  #receipt(receipt: Receipt): void {
    const { replica, outbox, history, witness } = this.#ports;
    // A resent command is answered twice when the first answer was only late.
    if (replica.pending.find(receipt.number)?.receipt !== null) return;
    const underway = replica.settle(receipt);
    outbox.answered(receipt.number, null);
    history.settled(receipt);
    if (underway === undefined) return;
    witness.settled(underway, receipt);
    this.#tell(underway, receipt);
    this.#ports.counted(receipt.number, false);
  }

  #tell(underway: Underway, receipt: Receipt): void {
    const { number } = receipt;
    const { command } = underway.entry.submit;
    if (command.kind === 'run_bulk') this.#ports.notify(bulk(underway, receipt));
    const warnings = receipt.warnings ?? [];
    const order_id = orders_of(command)[0] ?? null;
    if (warnings.length > 0) this.#ports.notify({ kind: 'warned', number, order_id, warnings });
  }

  #rejected({ number, rejection }: Rejected): void {
    const { replica, outbox, history, witness, tray } = this.#ports;
    if (rejection.code === 'gap') {
      if (!outbox.gap(rejection.expected)) this.#ports.numbering_lost();
      return;
    }
    const outcome = replica.refuse(number);
    if (outcome === undefined) return;
    const { underway, fallen } = outcome;
    const refused = refusal(underway.entry, rejection, this.#ports.now());
    // An undo that is refused leaves nothing to decide: what it wanted back is another command.
    const decide = refused.command.kind !== 'undo';
    outbox.answered(number, decide ? refused : null);
    history.refused(number);
    witness.refused(number);
    if (decide) for (const old of tray.add(refused)) outbox.dismiss(old);
    // One that fell together with what it builds on was told already.
    if (!underway.fallen || rejection.code !== 'dependency_failed') {
      this.#ports.notify({
        kind: 'rejected',
        order_id: underway.orders[0] ?? null,
        refused,
        fallen: fallen.map((each) => each.number),
        can_override: decide && can_override(rejection),
      });
    }
    this.#ports.counted(number, true);
  }
}

function bulk(underway: Underway, receipt: Receipt): Notice {
  const commands = singles(underway.entry.submit.command);
  const applied: OrderId[] = [];
  const refused: BulkRefusal[] = [];
  for (const item of receipt.items ?? []) {
    const command = commands[item.index];
    const rejection = item.rejection ?? null;
    if (rejection === null) applied.push(item.aggregate_id);
    else if (command !== undefined) {
      refused.push({ order_id: item.aggregate_id, command, rejection });
    }
  }
  const { number, dry_run = false } = receipt;
  return { kind: 'bulk', number, dry_run, applied, refused };
}
