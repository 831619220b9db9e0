import type { FilterOperator } from '@esteira/contracts';

export type TraceAttribute =
  | 'id'
  | 'experiment'
  | 'requestedAt'
  | 'durationMs'
  | 'endedAt'
  | 'state'
  | 'name'
  | 'clientRequestId';

/** What a condition or an order over traces looks at. */
export type TraceField =
  | { readonly kind: 'attribute'; readonly name: TraceAttribute }
  | { readonly kind: 'tag' | 'metadata' | 'feedback' | 'expectation'; readonly name: string }
  /** The run a trace was made in, or was linked to afterwards. */
  | { readonly kind: 'run' }
  /** A version of a prompt, as `name/version`. */
  | { readonly kind: 'prompt' }
  | { readonly kind: 'issue' }
  /** One span satisfies all conditions of these kinds. `content` is its whole text. */
  | { readonly kind: 'span'; readonly name: 'name' | 'type' | 'status' | 'content' }
  | { readonly kind: 'span-attribute'; readonly name: string };

export interface TraceCondition {
  readonly field: TraceField;
  readonly operator: FilterOperator;
  /** A number for times and for assessments that are ordered, a text else, several for lists, null where nothing is compared. */
  readonly value: number | string | readonly string[] | null;
}

export interface TraceOrder {
  readonly field:
    | { readonly kind: 'attribute'; readonly name: TraceAttribute }
    | { readonly kind: 'tag' | 'metadata'; readonly name: string }
    | { readonly kind: 'run' };
  readonly direction: 'asc' | 'desc';
}

/** Whether no engine answers a condition alike, so that it is looked at here, trace after trace. */
export function isTriedHere({ field, operator }: TraceCondition): boolean {
  return operator === 'rlike' || field.kind === 'span-attribute';
}

export function isOfSpans({ field }: TraceCondition): boolean {
  return field.kind === 'span' || field.kind === 'span-attribute';
}
