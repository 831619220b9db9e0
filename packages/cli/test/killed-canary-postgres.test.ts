import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { s3TestSettings } from '@esteira/server/test-bucket';
import { createTestDatabase, onServer } from '@esteira/server/test-postgres';
import { startTraffic } from './endpoint-traffic.fixture.ts';
import { inventFlights, toCsv } from './flights.fixture.ts';
import { createPlace, type Installation, type Place } from './installation.fixture.ts';
import { defineFeatures, land, openProject, runEnded, startRun, stepOf } from './late-flights.fixture.ts';
import { openLateFlightsEndpoint, type ServedEndpoint } from './served-endpoint.fixture.ts';

const requestsPerStep = 150;

const settings = s3TestSettings();
if (settings !== undefined) {
  const { endpoint = '', bucket, prefix, credentials } = settings;
  describe('two servers on one PostgreSQL and one bucket', () =>
    killInCanary({
      ESTEIRA_BLOBS_URL: `s3://${bucket}/${prefix}`,
      ESTEIRA_S3_ENDPOINT: endpoint,
      ESTEIRA_S3_ACCESS_KEY: credentials?.accessKeyId ?? '',
      ESTEIRA_S3_SECRET_KEY: credentials?.secretAccessKey ?? '',
    }));
}

function killInCanary(bucket: Readonly<Record<string, string>>): void {
  const places = [createPlace(), createPlace()] as const;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let servers: Installation[];
  let endpoint: ServedEndpoint;
  let versions: {
    id: string;
    examples: { features: readonly string[]; rows: readonly (readonly (number | null)[])[] };
  }[];
  let beganAt = 0;
  const answered: string[] = [];
  /** Where the killed server was, and how it was reached. */
  let killed: { place: Place; flags: readonly string[]; url: string };
  let survivor: Installation;

  before(async () => {
    database = await createTestDatabase();
    servers = [];
    for (const place of places) servers.push(await start(place));
  });

  after(async () => {
    for (const place of places) await place.remove();
    await database.drop();
  });

  function start(place: Place, flags: readonly string[] = []): Promise<Installation> {
    const environment = { ...bucket, ESTEIRA_DATABASE_URL: database.url };
    return place.start({ flags, environment });
  }

  /** The data plane of a server answers with that version. */
  async function serves(server: Installation, version: string): Promise<boolean> {
    const body = {
      inputs: endpoint.features.map((name) => ({ name, datatype: 'FP64', shape: [1], data: [1] })),
    };
    const answer = await fetch(`${dataPlaneOf(server)}/v2/models/${endpoint.name}/infer`, {
      method: 'POST',
      headers: { authorization: `Bearer ${endpoint.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch(() => undefined);
    if (answer?.status !== 200) return false;
    const said = (await answer.json()) as { model_version: string; parameters: { prediction_id: string } };
    answered.push(`${said.parameters.prediction_id}-0`);
    return said.model_version === version;
  }

  test('serve an endpoint on both of their data planes', async () => {
    const [{ client }] = servers as [Installation];
    await openProject(client, { p95Ms: 5_000 });
    await land(client, 'flights', 'flights.csv', toCsv(inventFlights({ days: 14, perDay: 240, seed: 1 })));
    await defineFeatures(client);
    versions = [];
    for (const iterations of [20, 24]) {
      const run = await runEnded(client, await startRun(client, { iterations }));
      assert.equal(run.status, 'succeeded', JSON.stringify(run.graph.map((step) => [step.name, step.error])));
      const { id } = stepOf(run, 'register').outputs.version as { id: string };
      const { id: evaluation } = stepOf(run, 'evaluate').outputs.evaluation as { id: string };
      const { examples } = await client.evaluation.evaluation({ params: { id: evaluation } });
      versions.push({ id, examples });
    }
    beganAt = Date.now();
    endpoint = await openLateFlightsEndpoint(client, versions[0]?.id ?? '');
    for (const server of servers) await endpoint.until(() => serves(server, '1'));
  });

  test('when one is killed in the middle of a canary, the other brings the change to its end, once, and everybody is answered', async () => {
    const [first] = servers as [Installation];
    const { features, rows } = versions[1]?.examples ?? { features: [], rows: [] };
    const streams = servers.map((server, at) =>
      startTraffic({
        url: dataPlaneOf(server),
        endpoint: endpoint.name,
        key: endpoint.key,
        features,
        rows,
        name: `s${at}`,
      }),
    );
    const change = await first.client.governance.requestChange({
      body: {
        kind: 'serving.promote',
        subject: {
          endpoint: endpoint.name,
          modelVersionId: versions[1]?.id ?? '',
          stage: 'development',
          rollout: { shadowRequests: 0, canaryShares: [0.3], requestsPerStep, maxMinutes: 5 },
        },
      },
    });
    const { jobId } = await first.client.governance.applyChange({ params: { id: change.id } });
    for (;;) {
      const { state, reason, progress } = await first.client.governance.change({ params: { id: change.id } });
      assert.equal(state, 'applying', reason);
      if (/[1-9]\d* of \d+ answers/.test(progress.message)) break;
      await pause(20);
    }

    const driver = await driverOf(jobId ?? '');
    const [gone, other] = driver === 0 ? servers : servers.toReversed();
    assert.ok(gone && other);
    survivor = other;
    const flags = ['--serving-port', gone.servingPort, '--serving-grpc-port', gone.servingGrpcPort].map(
      String,
    );
    killed = { place: places[driver], flags, url: dataPlaneOf(gone) };
    assert.equal(await gone.end('SIGKILL'), null);

    const { client } = survivor;
    let ended = await client.governance.change({ params: { id: change.id } });
    assert.equal(ended.state, 'applying', 'it was killed in the middle');
    while (['applying', 'verifying', 'rolling-back'].includes(ended.state)) {
      await pause(100);
      ended = await client.governance.change({ params: { id: change.id } });
    }
    assert.equal(ended.state, 'succeeded', ended.reason);
    for (const stream of streams) await stream.stop();

    assert.deepEqual(
      streams.flatMap(({ problems }) => problems),
      [],
    );
    for (const { predictions, byVersion } of streams) {
      answered.push(...predictions);
      assert.deepEqual([...byVersion.keys()].sort(), ['1', '2']);
    }
    const rollout = await client.serving.rollout({ params: { changeId: change.id } });
    assert.equal(rollout.outcome, 'promote');
    assert.deepEqual(
      rollout.comparisons.map(({ step, verdict }) => [step, verdict]),
      [['canary-30', 'promote']],
    );
    assert.deepEqual(ended.history.map(({ to }) => to).slice(-3), ['applying', 'verifying', 'succeeded']);
    const { items } = await client.governance.listAudit({
      query: { subjectKind: 'change', subjectId: change.id, action: 'governance.change.succeeded' },
    });
    assert.equal(items.length, 1);
    // Its model server lives on and follows the other.
    assert.ok(await serves(survivor, '2'));
    assert.ok(await serves(gone, '2'));
  });

  test('every prediction of both data planes is in the log once, and the audit log verifies', async () => {
    const { client } = survivor;
    await endpoint.until(async () => new Set(answered).isSubsetOf(new Set(await loggedRows(client))));
    const logged = await loggedRows(client);
    assert.equal(new Set(logged).size, logged.length);
    const counts = await client.serving.reconciliation({ params: { name: endpoint.name } });
    assert.equal(counts.logged, counts.served);
    const audit = await client.governance.verifyAudit();
    assert.deepEqual([audit.ok, audit.problems], [true, []]);
  });

  test('the killed one, started again, takes its model server over at the same ports', async () => {
    const again = await start(killed.place, killed.flags);
    assert.equal(dataPlaneOf(again), killed.url);
    await endpoint.until(() => serves(again, '2'));
    const { client } = again;
    await endpoint.until(async () => {
      const { served, logged } = await client.serving.reconciliation({ params: { name: endpoint.name } });
      return served === logged;
    });
    assert.equal(await again.end('SIGTERM'), 0);
    assert.equal(again.errors(), '');
  });

  /** Ids of all rows that were logged. */
  async function loggedRows(client: Installation['client']): Promise<readonly unknown[]> {
    const ids: unknown[] = [];
    const endedAt = Date.now() + 2_000;
    for (let from = beganAt - 2_000; from < endedAt; from += 4_000) {
      const query = { from, to: from + 4_000, limit: 1000 };
      const { items } = await client.serving.predictions({ params: { name: endpoint.name }, query });
      assert.ok(items.length < query.limit);
      ids.push(...items.map((row) => row.prediction_id));
    }
    return ids;
  }

  /** Which server works on a job. */
  async function driverOf(jobId: string): Promise<0 | 1> {
    const owner = await onServer(async (connection) => {
      const { rows } = await connection.query('select lease_owner from jobs where id = $1', [jobId]);
      return String(rows[0]?.lease_owner);
    }, database.url);
    const id = readFileSync(join(places[0].dataDir, 'installation-id'), 'utf8').trim();
    return owner.startsWith(`${id}:`) ? 0 : 1;
  }
}

function dataPlaneOf({ servingPort }: Installation): string {
  return `http://127.0.0.1:${servingPort}`;
}
