import type { Completed } from '@kanvoy/protocol/decode.ts';
import type { Category, StageId, WorkflowId } from '@kanvoy/protocol/messages.gen.ts';
import type { Held } from './held.ts';
import { signal, type Readable, type Signal } from './signal.ts';

export type Workflow = Completed<'workflow'>;
export type Stage = Workflow['stages'][number];
export type Person = Completed<'person'>;
export type Driver = Completed<'driver'>;
export type Settings = Completed<'settings'>;
export type Label = Settings['labels'][number];
export type Customer = Completed<'customer'>;
export type Product = Completed<'product'>;
export type Vehicle = Completed<'vehicle'>;
export type Zone = Completed<'zone'>;
export type Hub = Completed<'hub'>;
export type Display = Completed<'display'>;
export type Plan = Completed<'plan'>;

/** Everything on the board's channel that is not an order. */
export interface Records {
  readonly workflows: Readable<readonly Workflow[]>;
  readonly people: Readable<readonly Person[]>;
  readonly drivers: Readable<readonly Driver[]>;
  readonly customers: Readable<readonly Customer[]>;
  readonly products: Readable<readonly Product[]>;
  readonly vehicles: Readable<readonly Vehicle[]>;
  readonly zones: Readable<readonly Zone[]>;
  readonly hubs: Readable<readonly Hub[]>;
  readonly displays: Readable<readonly Display[]>;
  readonly plans: Readable<readonly Plan[]>;
  readonly settings: Readable<Settings | null>;
  readonly labels: Readable<readonly Label[]>;
  /** Columns of the default workflow first, then those of others. */
  readonly stages: Readable<readonly Stage[]>;
  stage(id: StageId): Stage | undefined;
  person(id: string): Person | undefined;
  driver(id: string): Driver | undefined;
  label(id: string): Label | undefined;
}

/** The records as signals; each tells its readers only when one of its kind changed. */
export class LiveRecords implements Records {
  readonly workflows: Signal<readonly Workflow[]> = signal<readonly Workflow[]>([]);
  readonly people: Signal<readonly Person[]> = signal<readonly Person[]>([]);
  readonly drivers: Signal<readonly Driver[]> = signal<readonly Driver[]>([]);
  readonly customers: Signal<readonly Customer[]> = signal<readonly Customer[]>([]);
  readonly products: Signal<readonly Product[]> = signal<readonly Product[]>([]);
  readonly vehicles: Signal<readonly Vehicle[]> = signal<readonly Vehicle[]>([]);
  readonly zones: Signal<readonly Zone[]> = signal<readonly Zone[]>([]);
  readonly hubs: Signal<readonly Hub[]> = signal<readonly Hub[]>([]);
  readonly displays: Signal<readonly Display[]> = signal<readonly Display[]>([]);
  readonly plans: Signal<readonly Plan[]> = signal<readonly Plan[]>([]);
  readonly settings: Signal<Settings | null> = signal<Settings | null>(null);
  readonly labels: Signal<readonly Label[]> = signal<readonly Label[]>([]);
  readonly stages: Signal<readonly Stage[]> = signal<readonly Stage[]>([]);
  #stages = new Map<StageId, { readonly stage: Stage; readonly position: number }>();

  stage(id: StageId): Stage | undefined {
    return this.#stages.get(id)?.stage;
  }

  position(id: StageId): number {
    return this.#stages.get(id)?.position ?? Number.MAX_SAFE_INTEGER;
  }

  person(id: string): Person | undefined {
    return this.people.get().find((person) => person.id === id);
  }

  driver(id: string): Driver | undefined {
    return this.drivers.get().find((driver) => driver.id === id);
  }

  label(id: string): Label | undefined {
    return this.labels.get().find((label) => label.id === id);
  }

  workflow(id: WorkflowId): Workflow | undefined {
    return this.workflows.get().find((workflow) => workflow.id === id);
  }

  default_workflow(): Workflow | undefined {
    const workflows = this.workflows.get();
    return workflows.find((workflow) => workflow.default) ?? workflows[0];
  }

  stage_for(id: WorkflowId, category: Category): StageId | undefined {
    return this.workflow(id)?.stages.find((stage) => stage.category === category)?.id;
  }

  /** Reads the kinds anew that changed. */
  update(kinds: ReadonlySet<string>, things: readonly Held[]): void {
    const of = <Type extends string>(
      type: Type,
    ): readonly Extract<Held['view'], { type: Type }>[] =>
      things
        .map((thing) => thing.view)
        .filter((view): view is Extract<Held['view'], { type: Type }> => view.type === type);
    if (kinds.has('workflow')) this.#set_workflows(of('workflow'));
    if (kinds.has('person')) this.people.set(of('person'));
    if (kinds.has('driver')) this.drivers.set(of('driver'));
    if (kinds.has('customer')) this.customers.set(of('customer'));
    if (kinds.has('product')) this.products.set(of('product'));
    if (kinds.has('vehicle')) this.vehicles.set(of('vehicle'));
    if (kinds.has('zone')) this.zones.set(of('zone'));
    if (kinds.has('hub')) this.hubs.set(of('hub'));
    if (kinds.has('display')) this.displays.set(of('display'));
    if (kinds.has('plan')) this.plans.set(of('plan'));
    if (kinds.has('settings')) {
      const settings = of('settings')[0] ?? null;
      this.labels.set(settings?.labels ?? []);
      this.settings.set(settings);
    }
  }

  #set_workflows(workflows: readonly Workflow[]): void {
    const sorted = [...workflows].sort((one, other) => Number(other.default) - Number(one.default));
    const stages = sorted.flatMap((workflow) => workflow.stages);
    this.#stages = new Map(stages.map((stage, position) => [stage.id, { stage, position }]));
    this.workflows.set(sorted);
    this.stages.set(stages);
  }
}
