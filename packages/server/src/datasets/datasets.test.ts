import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  datasetsApi,
  type GateSubject,
  type JsonValue,
  NewProject,
  type RouteDefinition,
} from '@esteira/contracts';
import type { z } from 'zod';
import type { StepRun } from '../kernel/step-kind.ts';
import { ana, contractOf, type DatasetsFixture, openDatasets, streamOf } from './datasets.fixture.ts';

const subject: GateSubject = {
  kind: 'deployment',
  project: 'delays',
  model: 'delays',
  modelVersionId: 'mv_1',
  endpoint: 'delays',
  stage: 'production',
};

describe('the room datasets', () => {
  let fixture: DatasetsFixture;
  const csv = (days: number, value = '1') =>
    [
      'at,n',
      ...Array.from({ length: days }, (_, day) => `2001-01-${String(day + 1).padStart(2, '0')},${value}`),
    ].join('\n');
  const contract = contractOf({
    properties: [
      { name: 'at', logicalType: 'date', required: true },
      { name: 'n', logicalType: 'integer', logicalTypeOptions: { maximum: 1 } },
    ],
  });

  before(async () => {
    fixture = await openDatasets();
    await fixture.jobs.start();
  });
  after(() => fixture.close());

  /** Answers a route as the server does: the request parsed by the contract, the reply checked against it. */
  async function call(
    route: RouteDefinition,
    request: { params?: object; query?: object; body?: unknown } = {},
  ) {
    const binding = fixture.datasets.routes.find((candidate) => candidate.route.id === route.id);
    assert.ok(binding, route.id);
    const body =
      route.body === 'stream' || route.body === undefined ? request.body : route.body.parse(request.body);
    const parsed = {
      params: route.params?.parse(request.params),
      query: route.query?.parse(request.query ?? {}),
      body,
    };
    const reply = await binding.handle(parsed, ana, new AbortController().signal);
    if (route.response === 'stream') return reply;
    const json: unknown = JSON.parse(JSON.stringify(reply));
    const response = route.response as z.ZodObject;
    assert.deepEqual(response.parse(json), json, `${route.id} answers more or less than its contract`);
    return json as { [key: string]: JsonValue };
  }

  const finished = async (jobId: JsonValue | undefined) => {
    const job = await fixture.jobs.wait('ws_1', String(jobId));
    assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
    return job.result as { [key: string]: JsonValue };
  };

  it('answers every one of its routes, from an upload to a split', async () => {
    const name = { name: 'days' };
    const created = (await call(datasetsApi.create, { body: { name: 'days', project: 'delays' } })) as {
      name: string;
    };
    assert.equal(created.name, 'days');
    await assert.rejects(call(datasetsApi.create, { body: name }), { code: 'DATASET_EXISTS' });
    await call(datasetsApi.putContract, { params: name, body: { document: contract } });
    await call(datasetsApi.landFile, {
      params: name,
      query: { fileName: 'days.csv' },
      body: streamOf(csv(20)),
    });
    const { jobId } = (await call(datasetsApi.ingest, { params: name, body: {} })) as { jobId: string };
    const { versionId, validationRunId } = await finished(jobId);
    const version = { id: String(versionId) };
    const detail = (await call(datasetsApi.getVersion, { params: version })) as {
      rows: number;
      validation: { outcome: string };
    };
    assert.deepEqual([detail.rows, detail.validation.outcome], [20, 'passed']);
    const preview = (await call(datasetsApi.preview, { params: version, query: { rows: '3' } })) as {
      rows: object[];
    };
    assert.deepEqual(preview.rows[0], { at: Date.UTC(2001, 0, 1), n: 1 });
    const download = (await call(datasetsApi.download, { params: version })) as unknown as {
      bytes: AsyncIterable<Uint8Array>;
      size: number;
    };
    let size = 0;
    for await (const chunk of download.bytes) size += chunk.length;
    assert.equal(size, download.size);
    const recipe = { timeColumn: 'at', trainUntil: '2001-01-16', validationShare: 0.2, seed: 1 };
    const split = await finished(
      ((await call(datasetsApi.split, { params: version, body: recipe })) as { jobId: string }).jobId,
    );
    const shown = (await call(datasetsApi.getSplit, { params: { id: split.splitId } })) as {
      parts: { train: { rows: number } };
    };
    assert.equal(shown.parts.train.rows, 12);
    await call(datasetsApi.getValidationRun, { params: { id: validationRunId } });
    await call(datasetsApi.getContract, { params: { name: 'days', version: '1' } });
    await call(datasetsApi.get, { params: name });
    for (const route of [
      datasetsApi.listFiles,
      datasetsApi.listVersions,
      datasetsApi.listContracts,
      datasetsApi.listValidationRuns,
    ]) {
      const page = (await call(route, { params: name })) as { items: object[] };
      assert.equal(page.items.length, 1, route.id);
    }
    assert.equal(((await call(datasetsApi.list)) as { items: object[] }).items.length, 1);
    const lint = (await call(datasetsApi.lintContract, { body: { document: 'kind: DataContract' } })) as {
      valid: boolean;
    };
    assert.equal(lint.valid, false);
    const diff = (await call(datasetsApi.diffContracts, {
      body: { before: contract, after: contractOf({ properties: [{ name: 'at' }] }) },
    })) as { breaking: boolean };
    assert.equal(diff.breaking, true);
  });

  it('pages through a list', async () => {
    await fixture.datasets.create(ana, { name: 'many', description: '' });
    for (let index = 0; index < 5; index++) await fixture.land('many', `a\n${index}\n`);
    const params = { name: 'many' };
    const seen: unknown[] = [];
    let cursor: JsonValue | undefined;
    do {
      const query = { limit: '2', ...(cursor === undefined ? {} : { cursor }) };
      const page = (await call(datasetsApi.listFiles, { params, query })) as {
        items: { id: string }[];
        nextCursor?: string;
      };
      seen.push(...page.items.map((file) => file.id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.equal(new Set(seen).size, 5);
    assert.deepEqual(seen, [...seen].sort().reverse());
    await assert.rejects(call(datasetsApi.listFiles, { params, query: { cursor: '!' } }), {
      code: 'INVALID_REQUEST',
    });
  });

  it('keeps workspaces apart', async () => {
    const stranger = { ...ana, workspace: 'ws_2' };
    const land = fixture.datasets.landFile(stranger, {
      dataset: 'days',
      fileName: 'x',
      bytes: streamOf('a\n1\n'),
    });
    await assert.rejects(land, { code: 'DATASET_NOT_FOUND' });
    await assert.rejects(fixture.datasets.open('ws_2', 'dsv_x'), { code: 'DATASET_VERSION_NOT_FOUND' });
    await fixture.datasets.create(stranger, { name: 'days', description: '' });
  });

  it('offers steps whose cache follows what has landed and the contract', async () => {
    await fixture.datasets.create(ana, { name: 'steps', description: '' });
    await fixture.saveContract('steps', contract);
    await fixture.land('steps', csv(10));
    const kinds = new Map(fixture.datasets.stepKinds.map((kind) => [kind.kind, kind]));
    const run = async (kind: string, values: object) => {
      const step: Pick<StepRun, 'context' | 'with' | 'signal' | 'progress' | 'log'> = {
        context: ana,
        with: values,
        signal: new AbortController().signal,
        progress() {},
        log: { params() {}, metrics() {}, tags() {} },
      };
      const found = kinds.get(kind);
      assert.ok(found);
      return (await found.run(step as StepRun)) as { [key: string]: { id: string; digest: string } };
    };
    const state = () => kinds.get('datasets.ingest')?.externalState?.(ana, { dataset: 'steps' });
    const before = await state();
    const { version } = await run('datasets.ingest', { dataset: 'steps' });
    assert.deepEqual(await state(), before);
    const validated = await run('datasets.validate', { version: { type: 'dataset-version', ...version } });
    assert.equal(validated.version?.digest, version?.digest);
    const { split } = await run('datasets.split', {
      version: { type: 'dataset-version', ...version },
      method: 'time',
      timeColumn: 'at',
      trainUntil: '2001-01-08',
      seed: 3,
    });
    assert.match(split?.digest ?? '', /^sha256:/);
    await fixture.land('steps', csv(10, '2'));
    assert.notDeepEqual(await state(), before);
    await assert.rejects(run('datasets.ingest', { dataset: 'steps' }), {
      code: 'DATASET_REFUSED',
      message: 'The data of steps broke its contract: 1 checks failed, 10 rows are affected.',
    });
  });

  it('registers a table made from a version, once for the same rows and attributes', async () => {
    await fixture.datasets.create(ana, { name: 'source', description: '' });
    await fixture.saveContract('source', contract);
    await fixture.land('source', csv(10));
    const { versionId = '' } = await fixture.ingest({ dataset: 'source' });
    const derive = async (attributes: JsonValue) => {
      const parquetPath = `${await fixture.blobs.temporaryDirectory()}/set.parquet`;
      await fixture.tables.writeParquet('SELECT i AS x FROM range(5) r(i)', parquetPath);
      const parents = [{ kind: 'dataset-version', id: versionId }] as const;
      return fixture.datasets.registerDerived(ana, {
        dataset: 'set',
        parquetPath,
        parents,
        description: '',
        attributes,
      });
    };
    const first = await derive({ features: ['x'] });
    assert.equal((await derive({ features: ['x'] })).id, first.id);
    assert.notEqual((await derive({ features: [] })).id, first.id);

    const split = await fixture.datasets.split(ana, versionId, {
      method: 'time',
      timeColumn: 'at',
      trainUntil: '2001-01-08',
      seed: 3,
    });
    const other = async (name: string) =>
      name === 'version'
        ? { datasetVersions: [{ id: first.id, digest: first.digest }], splitId: split.id }
        : undefined;
    const evidence = new Map(fixture.datasets.evidenceReaders.map((reader) => [reader.name, reader]));
    const data = (await evidence.get('data')?.read(ana, subject, other)) as {
      versions: { [key: string]: JsonValue }[];
    };
    assert.deepEqual(
      data.versions.map(({ id, derived, sourceFiles, parents }) => ({ id, derived, sourceFiles, parents })),
      [
        { id: first.id, derived: true, sourceFiles: 0, parents: [versionId] },
        { id: versionId, derived: false, sourceFiles: 1, parents: [] },
      ],
    );
    const validation = data.versions[1]?.validation as { [key: string]: JsonValue };
    assert.deepEqual(
      [
        validation.outcome,
        validation.schema,
        validation.missing,
        validation.distribution,
        validation.loosened,
      ],
      ['passed', true, true, true, false],
    );
    const facts = (await evidence.get('split')?.read(ana, subject, other)) as {
      leakage: object;
      seed: number;
    };
    assert.deepEqual(facts.leakage, { checked: true, sharedRows: 0, timeOverlap: false, groupOverlap: null });
    assert.equal(await evidence.get('data')?.read(ana, subject, async () => undefined), undefined);
  });

  it('moves its project to the stage of data', async () => {
    const project = NewProject.parse({
      name: 'late',
      title: 'Late flights',
      problem: 'Passengers miss their connections.',
      successMetric: { name: 'pr_auc', direction: 'maximize', margin: 0.01, baseline: 'logistic' },
      sla: { p95Ms: 50 },
      riskClass: 'minimal',
      sensitiveAttributes: [],
      sensitiveStatement: 'No personal data.',
    });
    await fixture.projects.create(ana, project);
    await fixture.datasets.create(ana, { name: 'late', project: 'late', description: '' });
    await fixture.land('late', csv(4));
    const { versionId = '' } = await fixture.ingest({ dataset: 'late' });
    const { lifecycle } = await fixture.projects.get('ws_1', 'late');
    const stage = lifecycle.find((reached) => reached.stage === 'data');
    assert.deepEqual(stage?.node, { kind: 'dataset-version', id: versionId });
  });
});
