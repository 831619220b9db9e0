import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { HoldSubject } from '@esteira/contracts';
import { createLegalHolds } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { ana, openTracking } from './tracking.fixture.ts';

const lawyer: RequestContext = {
  ...ana,
  actor: { ...ana.actor, id: 'usr_lawyer', permissions: new Set(['holds:manage']) },
};

describe('runs under a legal hold', () => {
  let fixture: Awaited<ReturnType<typeof openTracking>>;
  before(async () => {
    fixture = await openTracking();
  });
  after(() => fixture.close());

  async function hold(...subjects: readonly HoldSubject[]) {
    const ids = createIdGenerator({ clock: fixture.clock, random: systemRandom });
    const holds = createLegalHolds({ ...fixture, ids });
    return await holds.place(lawyer, { reason: 'asked for by the court', subjects });
  }

  const refused = { code: 'LEGAL_HOLD' } as const;

  it('are not deleted, nor their tags, nor are their files overwritten', async () => {
    const { tracking } = fixture;
    const run = await tracking.startRun(ana, { experiment: 'held', name: 'one', tags: { note: 'kept' } });
    await tracking.putArtifact(ana, run.id, 'report.txt', bytes('first'));
    await hold({ kind: 'run', id: run.id });
    await assert.rejects(tracking.deleteRun(ana, run.id), refused);
    await assert.rejects(tracking.deleteExperiment(ana, run.experimentId), refused);
    await assert.rejects(tracking.updateRun(ana, run.id, { deleteTags: ['note'] }), refused);
    await assert.rejects(tracking.putArtifact(ana, run.id, 'report.txt', bytes('second')), refused);
    await tracking.putArtifact(ana, run.id, 'report.txt', bytes('first'));
    await tracking.putArtifact(ana, run.id, 'more.txt', bytes('added'));
    await tracking.log(ana, run.id, { tags: { more: 'yes' } });
  });

  it('are covered by a hold on their experiment or project too', async () => {
    const { tracking } = fixture;
    const inExperiment = await tracking.startRun(ana, { experiment: 'whole', name: 'one' });
    const inProject = await tracking.startRun(ana, { experiment: 'other', project: 'loans', name: 'two' });
    const free = await tracking.startRun(ana, { experiment: 'free', name: 'three' });
    await hold({ kind: 'experiment', id: 'whole' }, { kind: 'project', id: 'loans' });
    await assert.rejects(tracking.deleteRun(ana, inExperiment.id), refused);
    await assert.rejects(tracking.deleteRun(ana, inProject.id), refused);
    await assert.rejects(tracking.deleteExperiment(ana, inExperiment.experimentId), refused);
    await assert.rejects(tracking.deleteExperiment(ana, inProject.experimentId), refused);
    await tracking.deleteRun(ana, free.id);
    await tracking.deleteExperiment(ana, free.experimentId);
  });
});

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
