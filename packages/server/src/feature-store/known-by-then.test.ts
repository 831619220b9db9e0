import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FeatureService, TrainingSetSpine } from '@esteira/contracts';
import fc from 'fast-check';
import { parse } from 'yaml';
import { createDatasets } from '../datasets/index.ts';
import { createAuditLog, createGovernance, loadDefaultPack } from '../governance/index.ts';
import { createJobQueue } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { createProjects } from '../projects/index.ts';
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createMemoryCache } from '../storage/cache/memory/memory-cache.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { openDuckdbTableEngine } from '../storage/tables/duckdb/duckdb-table-engine.ts';
import { createFeatureStore } from './index.ts';
import type { ViewBody } from './trailing-features-sql.ts';

/** The definitions that the example ships are the ones under test. */
const example = parse(
  readFileSync(new URL('../../../../examples/flight-delays/features.yaml', import.meta.url), 'utf8'),
) as {
  entities: { name: string; joinKeys: string[]; description: string }[];
  featureViews: ({ name: string } & ViewBody)[];
  featureServices: ({ name: string } & Pick<FeatureService, 'features' | 'onDemand'>)[];
};

interface Flight {
  /** Departure in minutes since the first of January 2001. */
  readonly at: number;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

type Row = Readonly<Record<string, unknown>>;

const minute = 60_000;
const firstDay = Date.UTC(2001, 0, 1);
const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: [], permissions: new Set() },
  requestId: 'req_1',
};
const run = { signal: new AbortController().signal, progress() {} };

let house: Awaited<ReturnType<typeof openHouse>>;
let numberOfSets = 0;

before(async () => {
  house = await openHouse();
});

after(() => house.close());

// Distances that are no multiples of six land between two minutes, and some flights leave in the minutes around that; the
// few airports and coarse times make neighbours.
const flight = fc.record({
  at: fc.oneof(
    fc.integer({ min: 0, max: 150 }).map((step) => step * 11),
    fc.constantFrom(160, 161, 171, 172),
  ),
  delay: fc.integer({ min: -40, max: 130 }),
  distance: fc.oneof(fc.integer({ min: 30, max: 2500 }), fc.constantFrom(600, 602, 603)),
  origin: fc.constantFrom('AAA', 'BBB'),
  destination: fc.constantFrom('AAA', 'BBB', 'CCC'),
});
const flights = fc.array(flight, { minLength: 2, maxLength: 40 });

test('every feature of every row is what a loop over the flights that had landed by then gives', async () => {
  await fc.assert(
    fc.asyncProperty(flights, async (facts) => {
      const rows = await buildTrainingSet(facts);
      assert.equal(rows.length, facts.length);
      for (const row of rows) {
        const spine = facts[Number(row.place)] ?? assert.fail();
        for (const [name, value] of Object.entries(expectedFeatures(facts, spine)))
          assertClose(row[name], value, `${name} of ${JSON.stringify(spine)} among ${JSON.stringify(facts)}`);
      }
    }),
    { numRuns: 10 },
  );
});

test('the delay of a flight that has not landed yet changes nothing of what is known at that moment', async () => {
  await fc.assert(
    fc.asyncProperty(flights, fc.nat(), fc.integer({ min: -40, max: 130 }), async (facts, choice, delay) => {
      const chosen = choice % facts.length;
      const changed = facts.map((fact, index) => (index === chosen ? { ...fact, delay } : fact));
      const [before, afterwards] = [await buildTrainingSet(facts), await buildTrainingSet(changed)];
      const landed = landedAt(facts[chosen] ?? assert.fail());
      for (const row of before) {
        const place = Number(row.place);
        const spine = facts[place] ?? assert.fail();
        if (firstDay + spine.at * minute >= landed) continue;
        const other = afterwards.find((candidate) => Number(candidate.place) === place);
        const { label: _label, ...features } = row;
        const { label: _otherLabel, ...otherFeatures } = other ?? {};
        assert.deepEqual(otherFeatures, features);
      }
    }),
    { numRuns: 6 },
  );
});

test('a flight counts from the very second it has landed, and not a second before', async () => {
  // 602 miles take 100 minutes and 20 seconds beyond the first hour.
  const landing: Flight = { at: 0, delay: 60, distance: 602, origin: 'AAA', destination: 'BBB' };
  for (const [at, known] of [
    [160, 0],
    [161, 1],
  ] as const) {
    const rows = await buildTrainingSet([landing, { ...landing, at }]);
    assert.equal(rows.find((row) => Number(row.place) === 1)?.dep_flights_3h, known, `after ${at} minutes`);
  }
});

/** Distance over six is the minutes in the air beyond the first hour: ten seconds a mile. */
function landedAt({ at, distance }: Flight): number {
  return firstDay + (at + 60) * minute + distance * 10_000;
}

function expectedFeatures(facts: readonly Flight[], spine: Flight): Record<string, number | null> {
  const now = firstDay + spine.at * minute;
  const known = (hours: number, wanted: (fact: Flight) => boolean): Flight[] =>
    facts.filter((fact) => {
      const landed = landedAt(fact);
      return wanted(fact) && landed <= now && landed > now - hours * 60 * minute;
    });
  const delay = (among: readonly Flight[]): number | null => mean(among.map((fact) => fact.delay));
  const late = (among: readonly Flight[]): number | null =>
    mean(among.map((fact) => (fact.delay > 15 ? 1 : 0)));
  const from = (airport: string) => (fact: Flight) => fact.origin === airport;
  const to = (airport: string) => (fact: Flight) => fact.destination === airport;
  const route = (fact: Flight) => fact.origin === spine.origin && fact.destination === spine.destination;
  return {
    dep_flights_3h: known(3, from(spine.origin)).length,
    dep_delay_3h: delay(known(3, from(spine.origin))),
    dep_late_3h: late(known(3, from(spine.origin))),
    dep_delay_24h: delay(known(24, from(spine.origin))),
    dep_late_24h: late(known(24, from(spine.origin))),
    arr_delay_3h: delay(known(3, to(spine.origin))),
    arr_late_24h: late(known(24, to(spine.origin))),
    dst_late_3h: late(known(3, to(spine.destination))),
    dst_delay_24h: delay(known(24, to(spine.destination))),
    route_flights_14d: known(14 * 24, route).length,
    route_delay_14d: delay(known(14 * 24, route)),
    route_late_14d: late(known(14 * 24, route)),
    net_delay_3h: delay(known(3, () => true)),
    net_late_3h: late(known(3, () => true)),
    distance: spine.distance,
    hour: (spine.at % 1440) / 60,
    label: spine.delay > 15 ? 1 : 0,
  };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function assertClose(actual: unknown, expected: number | null, what: string): void {
  if (expected === null) assert.equal(actual, null, what);
  else assert.ok(Math.abs(Number(actual) - expected) < 1e-6, `${what}: ${actual} instead of ${expected}`);
}

/** Lands the flights, makes a version and a training set of them by the room, and reads it back. */
async function buildTrainingSet(facts: readonly Flight[]): Promise<readonly Row[]> {
  const { datasets, features, tables } = house;
  const lines = facts.map((fact, place) => {
    const date = new Date(firstDay + fact.at * minute).toISOString().slice(0, 19).replace('T', ' ');
    return `${date},${fact.delay},${fact.distance},${fact.origin},${fact.destination},${place}`;
  });
  const csv = `date,delay,distance,origin,destination,place\n${lines.join('\n')}\n`;
  const landed = await datasets.landFile(ana, {
    dataset: 'flights',
    fileName: 'flights.csv',
    bytes: (async function* () {
      yield Buffer.from(csv);
    })(),
  });
  const ingested = await datasets.ingest(
    ana,
    { dataset: 'flights', files: [landed.id], deduplicate: false },
    run,
  );
  const { version: source } = await datasets.open(
    ana.workspace,
    ingested.versionId ?? assert.fail('not ingested'),
  );
  const wanted = TrainingSetSpine.parse({
    name: `set-${numberOfSets++}`,
    featureService: 'flight_delay',
    source: { type: 'dataset-version', id: source.id, digest: source.digest },
    timeColumn: 'date',
    label: 'CASE WHEN delay > 15 THEN 1 ELSE 0 END',
    keep: ['place'],
  });
  const made = await features.buildTrainingSet(ana, wanted, undefined, run);
  const { from } = await datasets.open(ana.workspace, made.id);
  return await tables.query(`SELECT * FROM ${from}`);
}

/** The rooms up to the feature store on real engines, with the example's definitions. */
async function openHouse() {
  const directory = mkdtempSync(join(tmpdir(), 'esteira-known-'));
  const blobDirectory = join(directory, 'blobs');
  const sql = await openTestDatabase();
  const blobs = await openFilesystemBlobStore({ directory: blobDirectory, random: systemRandom });
  const temporaryDirectory = join(directory, 'spill');
  const tables = await openDuckdbTableEngine({ directories: [blobDirectory], temporaryDirectory });
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const shared = { sql, database: sql, clock: systemClock, ids, logger: silentLogger, random: systemRandom };
  const events = createEventBus(shared);
  const audit = createAuditLog({ ...shared, signingKey: generateKeyPairSync('ed25519').privateKey });
  const jobs = createJobQueue({
    ...shared,
    events,
    installationId: 'inst_1',
    resolveActor: async () => ana.actor,
  });
  const { lineage } = createGovernance({
    ...shared,
    audit,
    events,
    jobs,
    pack: await loadDefaultPack(),
    rates: { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 },
  });
  const base = { ...shared, blobs, tables, jobs, events, audit, lineage };
  const projects = createProjects(base);
  const datasets = createDatasets({ ...base, projects });
  const cache = createMemoryCache({ clock: systemClock, maxBytes: 1_000_000 });
  const features = createFeatureStore({ ...base, cache, datasets, projects });
  await datasets.create(ana, { name: 'flights', description: '' });
  for (const { name, ...body } of example.entities) await features.putEntity(ana, name, body);
  for (const { name, ...body } of example.featureViews)
    await features.putFeatureView(ana, name, { ...body, derive: body.derive ?? {}, description: '' });
  for (const { name, ...body } of example.featureServices)
    await features.putFeatureService(ana, name, { ...body, description: '' });
  return {
    datasets,
    features,
    tables,
    async close() {
      await tables.close();
      await sql.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
