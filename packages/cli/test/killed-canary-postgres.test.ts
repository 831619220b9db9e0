import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
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

const requestsPerStep = 100;

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
  let servers: [Installation, Installation];
  let endpoint: ServedEndpoint;
  let versions: {
    id: string;
    examples: { features: readonly string[]; rows: readonly (readonly (number | null)[])[] };
  }[];
  let beganAt = 0;
  /** Ids of the rows that anybody got an answer about. */
  const answered: string[] = [];

  before(async () => {
    database = await createTestDatabase();
    servers = [await start(places[0]), await start(places[1])];
  });

  after(async () => {
    // One whose server was killed would serve on, and keep this process waiting.
    for (const { dataDir } of places) killModelServers(dataDir);
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
    const [{ client }] = servers;
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
    const { driver, streams } = await killDriverInCanary('2', () => {});
    assert.deepEqual(
      streams.flatMap(({ problems }) => problems),
      [],
    );
    for (const { byVersion } of streams) assert.deepEqual([...byVersion.keys()].sort(), ['1', '2']);
    // The model server of the killed one lives on and follows the other.
    for (const server of servers) assert.ok(await serves(server, '2'));
    await allLogged(servers[driver === 0 ? 1 : 0].client);
    await startAgain(driver, '2');
  });

  test('when its model server dies with it, what that one has answered is in the log once they are back', async () => {
    const { driver, streams } = await killDriverInCanary('1', killModelServers);
    const survivor = driver === 0 ? 1 : 0;
    assert.deepEqual(streams[survivor]?.problems, []);
    // Nobody is there to answer; a connection may have been cut.
    for (const problem of streams[driver]?.problems ?? []) assert.match(problem, /^TypeError/);
    assert.ok(await serves(servers[survivor], '1'));
    await startAgain(driver, '1');
    await allLogged(servers[driver].client);
    for (const { end, errors } of servers) {
      assert.equal(await end('SIGTERM'), 0);
      assert.equal(errors(), '');
    }
  });

  /**
   * Promotes a version by a canary while both data planes are asked, kills the server that carries it out, and waits for the
   * end of the change on the other. `alsoKill` is told the data directory.
   */
  async function killDriverInCanary(version: '1' | '2', alsoKill: (dataDir: string) => void) {
    const { id = '', examples } = versions[Number(version) - 1] ?? {};
    const { features = [], rows = [] } = examples ?? {};
    const common = { endpoint: endpoint.name, key: endpoint.key, features, rows };
    const streams = servers.map((server, at) =>
      startTraffic({ ...common, url: dataPlaneOf(server), name: `to-${version}-${at}` }),
    );
    const afterKill = (dataDir: string) => {
      alsoKill(dataDir);
      for (const stream of streams) stream.hurry();
    };
    const { driver, ended } = await carryOutUnderKill(id, afterKill).finally(async () => {
      for (const stream of streams) await stream.stop();
    });
    for (const { predictions } of streams) answered.push(...predictions);
    assert.equal(ended.state, 'succeeded', ended.reason);
    assert.deepEqual(ended.history.map(({ to }) => to).slice(-3), ['applying', 'verifying', 'succeeded']);
    const { client } = servers[driver === 0 ? 1 : 0];
    const rollout = await client.serving.rollout({ params: { changeId: ended.id } });
    assert.equal(rollout.outcome, 'promote');
    assert.deepEqual(
      rollout.comparisons.map(({ step, verdict }) => [step, verdict]),
      [['canary-50', 'promote']],
    );
    const { items } = await client.governance.listAudit({
      query: { subjectKind: 'change', subjectId: ended.id, action: 'governance.change.succeeded' },
    });
    assert.equal(items.length, 1);
    return { driver, streams };
  }

  async function carryOutUnderKill(modelVersionId: string, afterKill: (dataDir: string) => void) {
    const change = await servers[0].client.governance.requestChange({
      body: {
        kind: 'serving.promote',
        subject: {
          endpoint: endpoint.name,
          modelVersionId,
          stage: 'development',
          rollout: { shadowRequests: 0, canaryShares: [0.5], requestsPerStep, maxMinutes: 15 },
        },
      },
    });
    const params = { id: change.id };
    const { jobId } = await servers[0].client.governance.applyChange({ params });
    for (;;) {
      const { state, reason, progress } = await servers[0].client.governance.change({ params });
      assert.equal(state, 'applying', reason);
      if (/[1-9]\d* of \d+ answers/.test(progress.message)) break;
      await pause(20);
    }

    const driver = await driverOf(jobId ?? '');
    const { client } = servers[driver === 0 ? 1 : 0];
    assert.equal(await servers[driver].end('SIGKILL'), null);
    afterKill(places[driver].dataDir);

    let ended = await client.governance.change({ params });
    assert.equal(ended.state, 'applying', 'it was killed in the middle');
    while (['applying', 'verifying', 'rolling-back'].includes(ended.state)) {
      await pause(100);
      ended = await client.governance.change({ params });
    }
    return { driver, ended };
  }

  /** Starts a killed server at the ports it had, where its model server may still be. */
  async function startAgain(at: 0 | 1, version: string): Promise<void> {
    const { servingPort, servingGrpcPort } = servers[at];
    const flags = ['--serving-port', `${servingPort}`, '--serving-grpc-port', `${servingGrpcPort}`];
    servers[at] = await start(places[at], flags);
    assert.equal(servers[at].servingPort, servingPort);
    await endpoint.until(() => serves(servers[at], version));
  }

  /** Every prediction that anybody got is in the log, none twice, and the audit log verifies. */
  async function allLogged(client: Installation['client']): Promise<void> {
    const params = { name: endpoint.name };
    await endpoint.until(async () => new Set(answered).isSubsetOf(new Set(await loggedRows(client))));
    await endpoint.until(async () => {
      const { logged, served } = await client.serving.reconciliation({ params });
      return logged === served;
    });
    const logged = await loggedRows(client);
    assert.equal(new Set(logged).size, logged.length);
    const audit = await client.governance.verifyAudit();
    assert.deepEqual([audit.ok, audit.problems], [true, []]);
  }

  /** Ids of all rows that were logged. */
  async function loggedRows(client: Installation['client']): Promise<readonly unknown[]> {
    return await rowsBetween(client, beganAt - 2_000, Date.now() + 2_000);
  }

  /** A span with more rows than one answer holds is asked for by halves. */
  async function rowsBetween(client: Installation['client'], from: number, to: number): Promise<unknown[]> {
    const query = { from, to, limit: 1000 };
    const { items } = await client.serving.predictions({ params: { name: endpoint.name }, query });
    if (items.length < query.limit) return items.map((row) => row.prediction_id);
    assert.ok(to - from > 1, 'more rows in a millisecond than an answer holds');
    const middle = Math.floor((from + to) / 2);
    return [...(await rowsBetween(client, from, middle)), ...(await rowsBetween(client, middle, to))];
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

/** As when the whole machine dies. */
function killModelServers(dataDir: string): void {
  const folder = join(dataDir, 'data-plane/model-servers');
  for (const marker of globSync('*/server.json', { cwd: folder })) {
    const { pid } = JSON.parse(readFileSync(join(folder, marker), 'utf8')) as { pid: number };
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It has ended by itself.
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
    }
  }
}
