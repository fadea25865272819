import { websocket_transport } from '@kanvoy/kit/websocket.ts';
import type { Answer } from '@kanvoy/kit/http.ts';
import { CLOSE, SUBPROTOCOLS, type TicketView } from '@kanvoy/protocol/messages.gen.ts';
import type { OpenTransport, Transport, TransportEvents } from '@kanvoy/sync/transport.ts';

/** As if the network had gone: another try, with another ticket, may help. */
const LOST = 1006;

export interface TicketDesk {
  ticket(): Promise<Answer<TicketView>>;
  /** Whether the server lets this device in no more. */
  revoked(): boolean;
}

/** A socket for a page that cannot set a header on it: first a ticket, then the socket with it. */
export function ticketed_transport(
  url: string,
  desk: TicketDesk,
  open: (url: string, protocols: readonly string[]) => OpenTransport = websocket_transport,
): OpenTransport {
  return (events) => {
    let inner: Transport | null = null;
    let left = false;
    void desk.ticket().then((answer) => {
      if (left) return;
      if (!answer.ok) {
        events.closed(desk.revoked() ? CLOSE.REVOKED : LOST);
        return;
      }
      const protocols = [SUBPROTOCOLS.json, `kanvoy.ticket.${answer.value.ticket}`];
      inner = open(url, protocols)(forgiving(events));
    });
    return {
      send: (text) => inner?.send(text),
      close() {
        left = true;
        inner?.close();
      },
    };
  };
}

/** A ticket may have run out on a slow road: that is no reason to stay away. */
function forgiving(events: TransportEvents): TransportEvents {
  return {
    opened: () => events.opened(),
    frame: (text) => events.frame(text),
    closed: (code) => events.closed(code === CLOSE.UNAUTHENTICATED ? LOST : code),
  };
}
