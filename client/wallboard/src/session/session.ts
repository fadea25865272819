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

export async function ask_session(http: Http): Promise<Answer<DisplaySession>> {
  const answer = await http.get<DisplaySession>('/v1/session');
  if (answer.ok) http.csrf = answer.value.csrf;
  return answer;
}

/** What to show for a session; null when it names nothing, as that of a person who asks for no view. */
export function place_of(session: DisplaySession, search: string): Place | null {
  const asked = new URLSearchParams(search).get('view');
  const view_id = session.view_id ?? asked;
  if (view_id === null || !/^[0-9a-z][0-9a-z-]{2,63}$/.test(view_id)) return null;
  const { user, csrf } = session;
  return { view_id, csrf, tenant: user.tenant, preview: (session.view_id ?? null) === null };
}
