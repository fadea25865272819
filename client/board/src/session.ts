/** Signing in and out. */
import type { Answer, Failure, Http } from '@kanvoy/kit/http.ts';
import { t } from '@kanvoy/kit/texts.ts';
import type { Whoami } from '@kanvoy/protocol/messages.gen.ts';

export interface Session {
  readonly user: Whoami;
  readonly csrf: string;
  /** Of a display that lies where people's sign-ins are, as it did in older versions. */
  readonly view_id?: string | null;
}

export async function current_session(http: Http): Promise<Answer<Session>> {
  return kept(http, await http.get<Session>('/v1/session'));
}

/** `tenant` is only needed when one address works for several. */
export async function sign_in(
  http: Http,
  email: string,
  password: string,
  tenant: string,
): Promise<Answer<Session>> {
  const body = { email, password, ...(tenant === '' ? {} : { tenant }) };
  return kept(http, await http.post<Session>('/v1/session', body));
}

export async function sign_out(http: Http): Promise<void> {
  await http.delete('/v1/session');
  http.csrf = '';
}

/** Whether a person is signed in: somebody who can use a board. */
export function is_person({ view_id }: Session): boolean {
  return (view_id ?? null) === null;
}

function kept(http: Http, answer: Answer<Session>): Answer<Session> {
  if (answer.ok) http.csrf = answer.value.csrf;
  return answer;
}

/** The tenants to choose from, when the server asks which one. */
export function tenants_of(failure: Failure): readonly string[] {
  if (
    failure.code !== 'several_tenants' ||
    typeof failure.body !== 'object' ||
    failure.body === null
  )
    return [];
  const found: unknown = Reflect.get(failure.body, 'tenants');
  return Array.isArray(found) ? found.map(String) : [];
}

/** What went wrong at signing in, and what to do about it. */
export function failure_words(failure: Failure): string {
  if (failure.code === 'several_tenants') return t('login.choose_tenant');
  if (failure.status === 0) return t('login.offline');
  if (failure.status === 429) return t('login.throttled', { seconds: failure.retry_after ?? 60 });
  if (failure.status >= 500) return t('login.broken');
  if (failure.status === 401 || failure.status === 403) return t('login.wrong');
  return failure.detail === '' ? t('login.wrong') : failure.detail;
}
