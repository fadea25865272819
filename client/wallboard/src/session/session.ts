/** Who this screen is, and what it may show. */
import type { Answer, Http } from '@kanvoy/kit/http.ts';
import type { Whoami } from '@kanvoy/protocol/messages.gen.ts';

export interface DisplaySession {
  readonly user: Whoami;
  readonly csrf: string;
  /** What a paired display shows; a person who is signed in has none. */
  readonly view_id?: string | null;
  readonly expires_at: number;
}

export interface Place {
  readonly view_id: string;
  readonly csrf: string;
  readonly tenant: string;
  /** A person looks at it, no display. */
  readonly preview: boolean;
}

/** A browser holds a display's session and a person's side by side; what asks says which it means. */
export interface Askers {
  readonly display: Pick<Http, 'get'>;
  readonly person: Pick<Http, 'get'>;
}

/** The display's own session, or that of a person who asks for a view and is signed in. */
export async function ask_session(
  { display, person }: Askers,
  search: string,
): Promise<Answer<DisplaySession>> {
  if (asked_view(search) !== null) {
    const answer = await person.get<DisplaySession>('/v1/session');
    // Displays had no cookie of their own once: one that lies where people's are is no person.
    const nobody = answer.ok ? is_display(answer.value) : answer.failure.status === 401;
    if (!nobody) return answer;
  }
  return display.get<DisplaySession>('/v1/session');
}

/** What to show for a session; null when it names nothing, as that of a person who asks for no view. */
export function place_of(session: DisplaySession, search: string): Place | null {
  const view_id = session.view_id ?? asked_view(search);
  if (view_id === null || !/^[0-9a-z][0-9a-z-]{2,63}$/.test(view_id)) return null;
  const { user, csrf } = session;
  return { view_id, csrf, tenant: user.tenant, preview: !is_display(session) };
}

/** Whether what was asked for is shown already, to whoever asked for it. */
export function same_place(one: Place, other: Place): boolean {
  return one.view_id === other.view_id && one.csrf === other.csrf;
}

function is_display({ view_id }: DisplaySession): boolean {
  return (view_id ?? null) !== null;
}

function asked_view(search: string): string | null {
  return new URLSearchParams(search).get('view');
}
