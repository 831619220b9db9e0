import type { GateSubject, JsonValue } from '@esteira/contracts';
import { createJobQueue } from '../jobs/index.ts';
import { silentLogger } from '../kernel/logger.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { createGovernance } from './governance.ts';
import { openIdentityFixture } from './identity/identity-fixture.ts';
import { passingEvidence } from './policies/passing-evidence.fixture.ts';
import { loadDefaultPack } from './policies/policy-pack.ts';

/** Governance on a database in memory with the default pack, people of several roles, and jobs that run. For tests. */
export async function openGovernanceFixture() {
  const fixture = await openIdentityFixture();
  const { sql, audit, identity, time } = fixture;
  const { clock, ids, random } = fixture.deps;
  const events = createEventBus({ database: sql, clock, ids, logger: silentLogger });
  const jobs = createJobQueue({
    database: sql,
    clock,
    ids,
    random,
    events,
    logger: silentLogger,
    installationId: 'inst_1',
    resolveActor: (workspace, actorId) => identity.resolveActor(workspace, actorId),
    timing: { retryDelay: () => 0, poll: 20 },
  });
  const governance = createGovernance({
    sql,
    clock,
    ids,
    logger: silentLogger,
    audit,
    events,
    jobs,
    pack: await loadDefaultPack(),
    rates: { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 },
  });

  /** What the other rooms would tell; tests change it in place. Evidence of governance itself is really read. */
  const evidence = passingEvidence(time.now);
  for (const name of evidence.keys()) {
    if (name === 'spending' || name === 'change') continue;
    governance.evidence.register({ name, read: async () => evidence.get(name) });
  }

  async function close(): Promise<void> {
    await jobs.stop();
    await events.stop();
    await fixture.close();
  }

  return {
    ...fixture,
    events,
    jobs,
    governance,
    evidence: evidence as Map<string, JsonValue | undefined>,
    owner: await fixture.contextWith('owner'),
    engineer: await fixture.contextWith('ml-engineer'),
    approver: await fixture.contextWith('approver'),
    close,
  };
}

export const deployment: GateSubject = {
  kind: 'deployment',
  project: 'flight-delays',
  model: 'delays',
  modelVersionId: 'mv_2',
  endpoint: 'delays-live',
  stage: 'production',
};
