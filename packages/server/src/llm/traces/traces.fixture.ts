import { randomBytes } from 'node:crypto';
import { openTracking } from '../../tracking/tracking.fixture.ts';
import { createLlm } from '../index.ts';
import type { Attributes, ReceivedSpan, Span } from './span.ts';

/** The room on a database of its own, with the room of experiments and runs. */
export async function openTraces() {
  const house = await openTracking();
  const ids = { next: (prefix: string) => `${prefix}_${randomBytes(13).toString('hex')}` };
  const { traces } = createLlm({
    sql: house.sql,
    clock: house.clock,
    ids,
    audit: house.audit,
    surroundings: {
      findExperiment: async (_workspace, { id }) => (id === 'exp_1' ? { name: 'chat' } : undefined),
      findRun: async (_workspace, id) => (id === 'run_1' ? {} : undefined),
    },
  });
  return { ...house, traces };
}

/** A span with what a test does not say; times in milliseconds. */
export function aSpan(
  given: Partial<Span> & { readonly traceId: string; readonly start?: number; readonly end?: number },
  attributes: Attributes = [],
  resource: Attributes = [],
): ReceivedSpan {
  const { traceId, start = 1_700_000_000_000, end = start + 5, ...span } = given;
  return {
    traceId,
    resource,
    scope: '',
    span: {
      id: randomBytes(8).toString('hex'),
      name: 'step',
      kind: 1,
      startedAt: `${start}000000`,
      endedAt: `${end}000000`,
      status: 'OK',
      attributes,
      events: [],
      links: [],
      ...span,
    },
  };
}

export function aTraceId(): string {
  return randomBytes(16).toString('hex');
}
