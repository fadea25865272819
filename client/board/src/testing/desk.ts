/** A desk with a seeded board and no server, for tests of single components. */
import type { OrderCommand } from '@kanvoy/protocol/messages.gen.ts';
import { Http } from '@kanvoy/kit/http.ts';
import { make_board } from '@kanvoy/sync/testing/board_seed.ts';
import { World, type Tab } from '@kanvoy/sync/testing/world.ts';
import { Desk } from '../desk.svelte.ts';

export interface TestDesk {
  readonly desk: Desk;
  readonly tab: Tab;
  readonly world: World;
  /** Somebody else does this, and everybody sees it. */
  change(command: OrderCommand): Promise<void>;
}

export async function a_desk(cards = 12): Promise<TestDesk> {
  const world = new World(make_board({ cards }));
  const tab = await world.live();
  const desk = new Desk({
    engine: tab.engine,
    http: new Http(),
    sign_out: () => undefined,
    user: {
      id: 'anna',
      name: 'Anna Weber',
      tenant_id: 'tenant',
      tenant: 'Hafenkontor',
      roles: ['backoffice'],
      permissions: ['stage.move', 'order.edit', 'order.cancel', 'order.create', 'bulk.run'],
      call_sign: '',
    },
  });
  return {
    desk,
    tab,
    world,
    async change(command) {
      world.server.change(command);
      await world.settle(tab);
    },
  };
}
