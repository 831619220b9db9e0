import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { OnlineFeatures } from '@esteira/contracts';
import { makeEndpoint, makeKey, makeServerDirectory, trainGraph } from './model-server.fixture.ts';
import type { RunningModelServer } from './start-model-server.ts';
import { request, startServer } from './started-server.fixture.ts';

/** What is known of flights: distance, hour, wind. */
const flights = new Map<unknown, readonly (number | null)[]>([
  ['near', [1, 2, 3]],
  ['far', [9, 2, null]],
  ['calm', [9, 2, 0]],
  ['stale', [null, null, 3]],
]);

describe('entities in the place of columns', () => {
  const files = makeServerDirectory();
  const asked: number[] = [];
  let away = false;
  const store = createServer(async (question, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of question) chunks.push(chunk as Buffer);
    if (question.url !== '/api/v1/data-plane/online-features' || away) {
      answer.writeHead(503).end();
      return;
    }
    const { rows } = JSON.parse(Buffer.concat(chunks).toString()) as { rows: { flight?: unknown }[] };
    asked.push(rows.length);
    if (rows.some(({ flight }) => flight === undefined)) {
      answer.writeHead(400).end('no column flight');
      return;
    }
    const features: OnlineFeatures = {
      featureService: 'flights',
      names: ['distance', 'hour', 'wind'],
      asOf: [Date.now() - 60_000, Date.now() - 60_000, null],
      rows: rows.map(({ flight }) => {
        const values = flights.get(flight);
        return {
          values: [...(values ?? [null, null, null])],
          statuses: [0, 1, 2].map((place) => {
            if (flight === 'stale' && place < 2) return 'OUTSIDE_MAX_AGE' as const;
            if (values === undefined) return 'NOT_FOUND' as const;
            return values[place] === null ? ('NULL_VALUE' as const) : ('PRESENT' as const);
          }),
        };
      }),
    };
    answer.setHeader('content-type', 'application/json').end(JSON.stringify(features));
  });
  let server: RunningModelServer;

  before(async () => {
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const bundle = files.addVersion(1, 5, trainGraph(5), { featureService: 'flights' });
    files.write([
      makeEndpoint(bundle),
      makeEndpoint(bundle, {
        name: 'careful',
        keys: [makeKey('careful')],
        fallback: { kind: 'rule', rule: { kind: 'constant', score: 0.125 } },
      }),
      makeEndpoint(files.addVersion(2, 5), { name: 'bare', keys: [makeKey('bare')] }),
    ]);
    const { port } = store.address() as AddressInfo;
    server = await startServer(files.directory, {
      controlPlane: { url: `http://127.0.0.1:${port}`, token: 'any' },
      metricsToken: () => 'scrape',
    });
  });
  after(async () => {
    await server.stop();
    store.closeAllConnections();
    await new Promise<void>((resolve) => store.close(() => resolve()));
    files.remove();
  });

  const ask = (body: object, name = 'late-flights', key = 'secret') =>
    request(`${server.httpUrl}/predict/${name}`, { key, body });
  const labels = (body: Record<string, unknown>) =>
    (body.predictions as { label: number }[]).map(({ label }) => label);

  it('reads them in one question, and logs where each value came from and how old it was', async () => {
    asked.length = 0;
    const { status, body, text } = await ask({ entities: [{ flight: 'near' }, { flight: 'far' }] });
    assert.equal(status, 200, text);
    assert.deepEqual(labels(body), [0, 1]);
    assert.deepEqual(asked, [2]);
    const [near, far] = body.features as Record<string, { status: string; ageMs: number | null }>[];
    assert.equal(near?.distance?.status, 'PRESENT');
    assert.ok((near?.distance?.ageMs ?? 0) >= 60_000);
    assert.deepEqual(far?.wind, { status: 'NULL_VALUE', ageMs: null });
    const logged = files.spooled().filter(({ p }) => (body.predictionIds as string[]).includes(p));
    assert.deepEqual(
      logged.map(({ k, x, o }) => [k, x, o?.wind?.status]),
      [
        ['near', [1, 2, 3], 'PRESENT'],
        ['far', [9, 2, null], 'NULL_VALUE'],
      ],
    );
  });

  it('joins the questions of one moment, and lets columns that are sent go before those that are read', async () => {
    asked.length = 0;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        ask({ entities: [{ flight: 'far' }], rows: [{ distance: 1 }], entityKeys: ['own'] }),
      ),
    );
    for (const { body } of answers) assert.deepEqual(labels(body), [0]);
    assert.equal(
      asked.reduce((sum, rows) => sum + rows, 0),
      10,
    );
  });

  it('says which value of which entity is missing, unless the model or the fallback can do without', async () => {
    const unknown = await ask({ entities: [{ flight: 'near' }, { flight: 'lost' }] });
    assert.deepEqual([unknown.status, unknown.body.code], [422, 'ENTITY_FEATURES_MISSING']);
    assert.match(String(unknown.body.error), /distance.*row 1.*NOT_FOUND/);
    const sent = await ask({ entities: [{ flight: 'lost' }], rows: [{ distance: 9, hour: 1 }] });
    assert.deepEqual(labels(sent.body), [1]);
    const instead = await ask({ entities: [{ flight: 'lost' }] }, 'careful', 'careful');
    assert.deepEqual([instead.status, instead.body.fallback], [200, true], instead.text);
    assert.equal(instead.body.fallback_reason, 'ENTITY_FEATURES_MISSING');
  });

  it('takes a value that is too old for none, says so, and counts it', async () => {
    const refused = await ask({ entities: [{ flight: 'stale' }] });
    assert.deepEqual([refused.status, refused.body.code], [422, 'ENTITY_FEATURES_MISSING']);
    assert.match(String(refused.body.error), /distance.*row 0.*OUTSIDE_MAX_AGE/);
    const instead = await ask({ entities: [{ flight: 'stale' }] }, 'careful', 'careful');
    assert.deepEqual([instead.status, instead.body.fallback], [200, true], instead.text);
    const sent = await ask({ entities: [{ flight: 'stale' }], rows: [{ distance: 9, hour: 1 }] });
    assert.equal(sent.status, 200, sent.text);
    const [told] = sent.body.features as Record<string, { status: string; ageMs: number }>[];
    assert.equal(told?.distance?.status, 'OUTSIDE_MAX_AGE');
    assert.ok((told?.distance?.ageMs ?? 0) >= 60_000);
    const logged = files.spooled().find(({ p }) => (sent.body.predictionIds as string[]).includes(p));
    assert.equal(logged?.o?.hour?.status, 'OUTSIDE_MAX_AGE');
    const { text } = await request(`${server.httpUrl}/metrics`, { key: 'scrape' });
    const labels = 'endpoint="late-flights",feature="hour",status="OUTSIDE_MAX_AGE"';
    assert.ok(text.includes(`esteira_online_features_missed_total{${labels}} 2`), text);
  });

  it('is refused for a while when the store is away, or answered by the fallback', async () => {
    away = true;
    const refused = await ask({ entities: [{ flight: 'near' }] });
    assert.deepEqual([refused.status, refused.body.code], [503, 'FEATURES_UNAVAILABLE']);
    assert.equal(refused.headers.get('retry-after'), '1');
    const instead = await ask({ entities: [{ flight: 'near' }] }, 'careful', 'careful');
    assert.deepEqual([instead.status, instead.body.fallback_reason], [200, 'FEATURES_UNAVAILABLE']);
    const sent = await ask({ entities: [{ flight: 'near' }], rows: [{ distance: 9, hour: 1 }] });
    assert.deepEqual([sent.status, labels(sent.body)], [200, [1]]);
    away = false;
  });

  it('refuses entities that nobody could look up', async () => {
    for (const body of [
      { entities: [] },
      { entities: 'near' },
      { entities: [{}] },
      { entities: [{ flight: ['near'] }] },
      { entities: [{ flight: 'near' }], rows: [] },
      { entities: [{ plane: 'near' }] },
      { entities: Array.from({ length: 101 }, () => ({ flight: 'near' })) },
    ]) {
      const answer = await ask(body);
      assert.equal(answer.status, 400, `${JSON.stringify(body).slice(0, 80)} ${answer.text}`);
    }
    const bare = await ask({ entities: [{ flight: 'near' }] }, 'bare', 'bare');
    assert.equal(bare.body.code, 'ENDPOINT_WITHOUT_FEATURES');
  });
});
