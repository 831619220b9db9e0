import type { EsteiraClient } from '@esteira/sdk';
import { fitted, time } from './number-text.ts';
import type { Columns } from './output.ts';

type ChangeSummary = Awaited<ReturnType<EsteiraClient['governance']['changes']>>['items'][number];

/** A list of changes in at most 100 columns; the id is whole, because approve, apply and show ask for it. */
export function changeColumns(nameOf: (actorId: string) => string): Columns<ChangeSummary> {
  return {
    id: (change) => change.id,
    kind: (change) => fitted(change.kind.split('.').at(-1) ?? change.kind, 8),
    subject: (change) => fitted(subjectText(change.subject), 14),
    state: describeState,
    who: (change) => fitted(nameOf(change.requestedBy), 10),
    when: (change) => time(change.requestedAt).slice(0, 16),
  };
}

/** Who waits for whom is seen at once: `awaiting 0/1`. */
function describeState({ state, approvalsGiven, approvalsRequired }: ChangeSummary): string {
  return state === 'awaiting-approval' ? `awaiting ${approvalsGiven}/${approvalsRequired}` : state;
}

/** What the change is about, by the name people gave it. */
function subjectText(subject: ChangeSummary['subject']): string {
  if (typeof subject !== 'object' || subject === null) return String(subject);
  const named = new Map<string, unknown>(Object.entries(subject));
  const texts = [named.get('endpoint'), named.get('project'), ...named.values()];
  return texts.find((value) => typeof value === 'string') ?? '-';
}
