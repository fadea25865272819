/** Asking the planner: HTTP answers are only receipts, the plan itself arrives as a record. */
import type { Answer, Http } from '@kanvoy/kit/http.ts';

export interface PlanAsked {
  readonly seconds: number;
  readonly scope: 'unassigned' | 'all';
  readonly zone_id?: string;
}

export interface Committed {
  readonly items: readonly {
    readonly delivery_id: string;
    readonly outcome: 'applied' | 'stale';
  }[];
  /** Where what was changed meanwhile is planned again. */
  readonly plan_id?: string | null;
}

export function propose_plan(http: Http, asked: PlanAsked): Promise<Answer<{ id: string }>> {
  return http.post<{ id: string }>('/v1/plans', asked);
}

/** Cancels one that is being solved, discards one that is proposed. */
export function end_plan(http: Http, id: string): Promise<Answer<unknown>> {
  return http.delete(`/v1/plans/${id}`);
}

/** Without items all of them. Those that somebody changed meanwhile are planned again. */
export function commit_plan(
  http: Http,
  id: string,
  items: readonly string[] | null,
): Promise<Answer<Committed>> {
  return http.post<Committed>(`/v1/plans/${id}/commit`, items === null ? {} : { items });
}
