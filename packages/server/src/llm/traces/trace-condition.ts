import type { FilterOperator, TraceAttribute, TraceField } from '@esteira/contracts';

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
