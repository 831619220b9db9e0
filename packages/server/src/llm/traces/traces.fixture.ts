import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createAuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import { createLlm } from '../index.ts';
import type { Attributes, ReceivedSpan, Span } from './span.ts';

export const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: [], permissions: new Set() },
  requestId: 'req_1',
};

const experiments = new Map([
  ['exp_1', { name: 'chat' }],
  ['exp_deleted', { name: 'old', deletedAt: 1 }],
]);

/** The room on a database of its own, beside two experiments, of which one is deleted, and one run. */
export async function openTraces() {
  const sql = await openTestDatabase();
  const clock = { time: 1_700_000_000_000, now: () => clock.time++ };
  const ids = createIdGenerator({ clock, random: systemRandom });
  const shared = { sql, clock, ids, random: systemRandom, logger: silentLogger };
  const audit = createAuditLog({ ...shared, signingKey: generateKeyPairSync('ed25519').privateKey });
  const llm = createLlm({
    ...shared,
    audit,
    surroundings: {
      findExperiment: async (_workspace, { id }) => experiments.get(id),
      findRun: async (_workspace, id) => (id === 'run_1' ? {} : undefined),
    },
  });
  return { sql, clock, traces: llm.traces, routes: llm.routes, audit, close: () => sql.close() };
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
