import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inventFlights, toCsv } from './flights.fixture.ts';
import { createPlace, type Installation, StartFailure } from './installation.fixture.ts';
import {
  defineFeatures,
  land,
  openProject,
  type PipelineRun,
  runEnded,
  runUntil,
  startRun,
  stepOf,
} from './late-flights.fixture.ts';

const place = createPlace();
// Enough that tuning is still going on when it is looked at, on fast machines too.
const trials = 80;

after(() => place.remove());

/** What must not change of a step that has finished. */
function finishedSteps(run: PipelineRun) {
  return run.graph
    .filter(({ status }) => status === 'succeeded')
    .map(({ name, attempt, startedAt, finishedAt, outputs, trackingRunId }) => {
      return { name, attempt, startedAt, finishedAt, outputs, trackingRunId };
    });
}

async function prepare(installation: Installation): Promise<void> {
  const { client } = installation;
  await openProject(client);
  await land(client, 'flights', 'flights.csv', toCsv(inventFlights({ days: 14, perDay: 240, seed: 2 })));
  await defineFeatures(client);
}

test('a server killed in the middle of tuning takes the run up again by itself and repeats nothing that was done', async () => {
  const first = await place.start();
  await prepare(first);
  const id = await startRun(first.client, { trials, iterations: 60 });
  const before = await runUntil(
    first.client,
    id,
    (run) => run.finishedAt !== undefined || (stepOf(run, 'tune').progress?.share ?? 0) >= 0.2,
  );
  const done = finishedSteps(before);
  assert.equal(
    stepOf(before, 'tune').status,
    'running',
    JSON.stringify(before.graph.map((s) => [s.name, s.error])),
  );
  assert.ok(done.length >= 4, `only ${done.length} steps had finished`);
  assert.equal(await first.end('SIGKILL'), null);

  const second = await place.start();
  const run = await runEnded(second.client, id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run.graph.map((step) => [step.name, step.error])));
  const afterwards = new Map(finishedSteps(run).map((step) => [step.name, step]));
  for (const step of done) assert.deepEqual(afterwards.get(step.name), step);
  assert.equal(stepOf(run, 'tune').attempt, 1, 'an attempt that a dying server cut short is not counted');

  const { id: study } = stepOf(run, 'tune').outputs.study as { id: string };
  const tuned = await second.client.tuning.study({ params: { id: study } });
  assert.equal(tuned.trials.length, trials);
  assert.equal(new Set(tuned.trials.map(({ number }) => number)).size, trials);
  const audit = await second.client.governance.verifyAudit();
  assert.deepEqual([audit.ok, audit.problems], [true, []]);
  assert.deepEqual(readdirSync(join(place.dataDir, 'blobs/tmp')), []);
  assert.equal(await second.end('SIGTERM'), 0);
});

test('a second server on the same data directory is refused with one clear error, and the first goes on', async () => {
  const first = await place.start();
  await assert.rejects(place.start(), (failure: StartFailure) => {
    assert.ok(failure instanceof StartFailure);
    assert.notEqual(failure.code, 0);
    assert.match(failure.message, /is in use by another server/);
    assert.match(failure.message, /Stop the other server, or choose another --data-dir/);
    assert.ok(!/\n\s+at /.test(failure.message), failure.message);
    return true;
  });
  assert.equal((await first.client.governance.me()).name, 'owner');
  assert.equal(await first.end('SIGTERM'), 0);
});

test('a server that is asked to end answers what it was asked before, and its work goes on at the next start', async () => {
  const first = await place.start();
  const id = await startRun(first.client, { trials: trials + 1, iterations: 60 });
  await runUntil(first.client, id, (run) => stepOf(run, 'tune').status === 'running');
  const { items } = await first.client.jobs.list({ query: { state: 'running' } });
  assert.ok(items.length > 0);
  const waiting = items.map((job) =>
    first.client.jobs.get({ params: { id: job.id }, query: { waitSeconds: 60 } }),
  );
  // The requests have to have arrived before the signal does.
  await first.client.governance.me();
  const ended = first.end('SIGTERM');
  for (const job of await Promise.all(waiting))
    assert.ok(['running', 'queued'].includes(job.state), job.state);
  assert.equal(await ended, 0);

  const second = await place.start();
  const run = await runEnded(second.client, id);
  assert.equal(run.status, 'succeeded');
  assert.equal(stepOf(run, 'tune').attempt, 1);
  assert.equal(second.errors(), '');
});
