import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ana, openTracking } from './tracking.fixture.ts';

const subject = {
  kind: 'deployment' as const,
  project: 'flights',
  model: 'delays',
  modelVersionId: 'mv_1',
  endpoint: 'delays',
  stage: 'production' as const,
};

it('evidence of a run tells how it was made, and is absent when the version names no run', async () => {
  const { tracking, close } = await openTracking();
  const [reader] = tracking.evidenceReaders;
  const source = { codeCommit: 'abc', dirty: false, environmentDigest: 'sha256:env', seeds: { seed: 7 } };
  const run = await tracking.startRun(ana, { experiment: 'flights', name: 'train', source });
  await tracking.log(ana, run.id, { params: { depth: 3 } });
  await tracking.finishRun(ana, run.id, 'succeeded');
  assert.deepEqual(await reader?.read(ana, subject, async () => ({ runId: run.id })), {
    id: run.id,
    startedAt: run.startedAt,
    status: 'succeeded',
    finished: true,
    params: { depth: '3' },
    codeCommit: 'abc',
    dirty: false,
    codeDiffRecorded: false,
    environmentDigest: 'sha256:env',
    seeds: { seed: 7 },
  });
  assert.equal(await reader?.read(ana, subject, async () => undefined), undefined);
  assert.equal(
    await reader?.read({ ...ana, workspace: 'ws_2' }, subject, async () => ({ runId: run.id })),
    undefined,
  );
  await close();
});
