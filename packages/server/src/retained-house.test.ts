import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RetentionKind } from '@esteira/contracts';
import { day, openRetentionFixture } from './governance/retention/retention.fixture.ts';
import { retentionOfRooms } from './housekeeping.ts';

type Row = Readonly<Record<string, string | number | null>>;
type Tables = Readonly<Record<string, Row>>;

/** Rows of every room, written as the rooms write them: what is old, and what of it something keeps. */
describe('policies over the things of every room', () => {
  let house: Awaited<ReturnType<typeof openRetentionFixture>>;
  const content = new Map<string, string>();

  before(async () => {
    house = await openRetentionFixture();
    for (const room of retentionOfRooms) house.retention.register(room);
    await furnish();
    for (const kind of ['datasets', 'landed-files', 'runs', 'artifacts', 'trained-models'] as const)
      await keepFor(kind, 30);
    for (const kind of ['evaluations', 'step-cache'] as const) await keepFor(kind, 30);
    await keepFor('predictions', 180);
  });
  after(() => house.close());

  it('remove what is old and free of others, and nothing that a registered version or an endpoint rests on', async () => {
    const planned = await house.collect(true);
    const report = await house.collect();
    assert.deepEqual(report, { ...planned, dryRun: false });
    assert.equal(report.missing, 0);
    assert.deepEqual(await idsOf('dataset_versions'), [
      'dsv_monitored',
      'dsv_newest',
      'dsv_trained',
      'dsv_view',
    ]);
    assert.deepEqual(await idsOf('dataset_splits'), ['spl_monitored', 'spl_trained']);
    assert.deepEqual(await idsOf('landed_files'), ['file_source', 'file_young']);
    assert.deepEqual(await idsOf('runs'), ['run_deleted', 'run_open', 'run_spare', 'run_trained']);
    assert.deepEqual(await idsOf('trained_models'), ['tm_registered']);
    assert.deepEqual(await idsOf('evaluations'), ['ev_registered']);
    assert.deepEqual(await idsOf('model_versions'), ['mv_live']);
    assert.deepEqual(await idsOf('prediction_parts'), ['pp_held', 'pp_retired', 'pp_young']);
    assert.equal((await rowsOf('step_cache')).length, 1);
    assert.deepEqual(
      (await rowsOf('artifacts')).map(({ owner_id: owner, path }) => `${owner}/${path}`).sort(),
      ['exp_1/young.txt', 'm-1/old.bin', 'run_spare/young.txt', 'run_trained/model.bin'],
    );
    for (const table of [
      'run_params',
      'run_tags',
      'run_comments',
      'metric_series',
      'metric_points',
      'run_references',
    ])
      assert.deepEqual(await rowsOf(table), [], table);
    assert.deepEqual(await rowsOf('validation_runs'), []);
    const kept = new Set(report.kept.map(({ kind, because }) => `${kind} ${because}`));
    for (const expected of [
      'datasets registered',
      'datasets newest',
      'datasets in-use',
      'landed-files registered',
      'runs registered',
      'runs in-use',
      'trained-models registered',
      'predictions legal-hold',
    ])
      assert.ok(kept.has(expected), `${expected} in ${[...kept].join(', ')}`);
  });

  it('free the content of what they removed after the grace period, and keep the rest', async () => {
    house.time.now += 2 * day;
    await keepFor('deleted-runs', 30);
    const report = await house.collect();
    const freed = new Set<string>();
    for (const [name, digest] of content) if (!(await house.has(digest))) freed.add(name);
    assert.deepEqual([...freed].sort(), [
      'drawn for nobody',
      'file of an experiment, old',
      'file of an old run',
      'file of the spare run, old',
      'landed long ago',
      'log of long ago',
      'old model',
      'rows of nobody',
    ]);
    assert.deepEqual(
      new Set(report.freed.map(({ because }) => because)),
      new Set(['retention']),
      'what it was is known of each',
    );
    // The run that made the old model is free since that model is gone.
    assert.deepEqual(await idsOf('runs'), ['run_open', 'run_trained']);
  });

  async function keepFor(kind: RetentionKind, days: number): Promise<void> {
    await house.retention.policies.setWithConsent(house.owner, {
      kind,
      project: null,
      days,
      changeId: 'chg_1',
    });
  }

  async function rowsOf(table: string): Promise<readonly Row[]> {
    return await house.sql.query<Tables>().selectFrom(table).selectAll().execute();
  }

  async function idsOf(table: string): Promise<string[]> {
    return (await rowsOf(table)).map(({ id }) => String(id)).sort();
  }

  async function stored(name: string): Promise<string> {
    const { digest } = await house.put(name);
    content.set(name, digest);
    return digest;
  }

  async function folder(name: string): Promise<string> {
    const digest = await stored(name);
    return (await house.putDirectory([{ name: 'content', kind: 'file', digest, size: name.length }])).digest;
  }

  async function furnish(): Promise<void> {
    const now = house.time.now;
    const old = now - 300 * day;
    const young = now - 2 * day;
    const rows: [table: string, row: Row][] = [];
    const add = (table: string, row: Row): void => {
      rows.push([table, { workspace: 'default', ...row }]);
    };
    const bare = (table: string, row: Row): void => {
      rows.push([table, row]);
    };

    add('datasets', {
      id: 'ds_1',
      name: 'flights',
      project: 'delays',
      description: '',
      created_at: old,
      created_by: 'u',
    });
    const version = async (id: string, number: number, rowsName: string, at = old) =>
      add('dataset_versions', {
        id,
        dataset_id: 'ds_1',
        number,
        digest: await folder(rowsName),
        rows_digest: '',
        identity: id,
        row_count: 1,
        size: rowsName.length,
        origin: 'ingested',
        description: '',
        attributes: '{}',
        columns: '[]',
        profile: '{}',
        created_at: at,
        created_by: 'u',
      });
    await version('dsv_trained', 1, 'rows trained on');
    await version('dsv_free', 2, 'rows of nobody');
    await version('dsv_monitored', 3, 'rows compared with');
    await version('dsv_view', 4, 'rows of a view');
    await version('dsv_newest', 5, 'newest rows');
    const split = (id: string, versionId: string, drawn: string | null) =>
      add('dataset_splits', {
        id,
        version_id: versionId,
        recipe_digest: id,
        digest: '',
        record: JSON.stringify({ parts: { train: { drawn }, test: { drawn: null } } }),
        created_at: old,
        created_by: 'u',
      });
    split('spl_trained', 'dsv_trained', await stored('drawn for training'));
    split('spl_free', 'dsv_free', await stored('drawn for nobody'));
    split('spl_monitored', 'dsv_monitored', null);
    add('dataset_version_sources', { version_id: 'dsv_free', kind: 'source-file', source_id: 'file_unused' });
    add('validation_runs', {
      id: 'val_1',
      dataset_id: 'ds_1',
      version_id: 'dsv_free',
      contract_id: 'c',
      contract_version: 1,
      contract_digest: '',
      outcome: 'passed',
      digest: '',
      row_count: 1,
      failing_rows: 0,
      failed_checks: 0,
      report: '{}',
      created_at: old,
      created_by: 'u',
    });
    const landed = async (id: string, name: string, at: number) =>
      add('landed_files', {
        id,
        dataset_id: 'ds_1',
        file_name: id,
        format: 'csv',
        digest: await stored(name),
        size: 1,
        row_count: 1,
        columns: '[]',
        landed_at: at,
        landed_by: 'u',
      });
    await landed('file_source', 'landed for training', old);
    await landed('file_unused', 'landed long ago', old);
    await landed('file_young', 'landed just now', young);

    add('experiments', {
      id: 'exp_1',
      name: 'churn',
      note: '',
      created_by: 'u',
      created_at: old,
      updated_at: old,
    });
    const run = (id: string, finishedAt: number | null, deletedAt: number | null = null) =>
      add('runs', {
        id,
        experiment_id: 'exp_1',
        name: id,
        status: finishedAt === null ? 'running' : 'succeeded',
        source: '{}',
        note: '',
        created_by: 'u',
        started_at: old,
        finished_at: finishedAt,
        deleted_at: deletedAt,
      });
    run('run_trained', old);
    run('run_free', old);
    run('run_spare', old);
    run('run_open', null);
    run('run_deleted', young, old);
    const file = async (runId: string, path: string, name: string, at = old) =>
      add('artifacts', {
        owner_kind: 'run',
        owner_id: runId,
        path,
        digest: await stored(name),
        size: 1,
        created_at: at,
      });
    await file('run_trained', 'model.bin', 'file of the registered run');
    await file('run_free', 'out/a.txt', 'file of an old run');
    // Its run is in use, which covers its files as well as long as it is.
    await file('run_spare', 'young.txt', 'file of the spare run', young);
    await file('run_open', 'old.txt', 'file of the spare run, old');
    const fileOf = async (kind: string, id: string, path: string, name: string, at: number) =>
      add('artifacts', {
        owner_kind: kind,
        owner_id: id,
        path,
        digest: await stored(name),
        size: 1,
        created_at: at,
      });
    await fileOf('experiment', 'exp_1', 'old.txt', 'file of an experiment, old', old);
    await fileOf('experiment', 'exp_1', 'young.txt', 'file of an experiment', young);
    // It goes with its owner, not by its own age.
    await fileOf('logged-model', 'm-1', 'old.bin', 'file of a logged model', old);
    add('artifact_uploads', {
      id: 'upl_1',
      owner_kind: 'run',
      owner_id: 'run_trained',
      path: 'big.bin',
      parts: 2,
      created_at: young,
    });
    bare('artifact_upload_parts', {
      upload_id: 'upl_1',
      number: 1,
      digest: await stored('part of a file on its way'),
      size: 1,
    });
    bare('run_params', { run_id: 'run_free', name: 'a', value: '1' });
    bare('run_tags', { run_id: 'run_free', name: 'a', value: '1' });
    add('run_comments', {
      id: 'cmt_1',
      run_id: 'run_free',
      body: 'x',
      created_by: 'u',
      author: 'U',
      created_at: old,
    });
    bare('run_references', {
      run_id: 'run_free',
      direction: 'input',
      type: 'split',
      reference_id: 's',
      role: '',
      digest: '',
    });
    bare('metric_series', { id: 1, run_id: 'run_free', name: 'loss', step: 1, at: old, value: 1, is_nan: 0 });
    bare('metric_points', { series_id: 1, step: 1, at: old, value: 1, is_nan: 0 });

    const model = async (id: string, runId: string, name: string) =>
      add('trained_models', {
        id,
        project: 'delays',
        kind: 'rule',
        digest: await folder(name),
        bytes: 5,
        meta: '{}',
        run_id: runId,
        created_at: old,
      });
    await model('tm_registered', 'run_trained', 'registered model');
    await model('tm_old', 'run_spare', 'old model');
    for (const id of ['ev_registered', 'ev_old'])
      add('evaluations', {
        id,
        project: 'delays',
        trained_model_id: '',
        split_id: '',
        report: '{}',
        created_at: old,
      });
    const bundle = await folder('frozen bundle');
    add('model_versions', {
      id: 'mv_live',
      model: 'delays',
      version: 1,
      digest: bundle,
      trained_model_id: 'tm_registered',
      evaluation_id: 'ev_registered',
      document: JSON.stringify({
        id: 'mv_live',
        trainedModelId: 'tm_registered',
        evaluationId: 'ev_registered',
        runId: 'run_trained',
        splitId: 'spl_trained',
        datasetVersions: [{ id: 'dsv_trained', digest: '' }],
        artifacts: [{ path: 'content', digest: content.get('frozen bundle') ?? '', size: 1 }],
      }),
      created_at: old,
    });

    add('endpoints', {
      name: 'live',
      project: 'delays',
      stage: 'production',
      model: 'delays',
      revision: 1,
      created_by: 'u',
      created_at: old,
      updated_at: old,
    });
    add('endpoint_revisions', {
      endpoint: 'live',
      revision: 1,
      desired: JSON.stringify({
        arms: [{ role: 'primary', weight: 1, predictor: { kind: 'version', modelVersionId: 'mv_live' } }],
        shadow: null,
        standby: [],
        fallback: null,
        readAs: null,
      }),
      reason: '',
      actor: 'u',
      created_at: old,
    });
    const part = async (
      id: string,
      endpoint: string,
      name: string,
      at: number,
      retiredAt: number | null = null,
    ) =>
      add('prediction_parts', {
        id,
        endpoint,
        hour: at,
        digest: await stored(name),
        rows: 1,
        bytes: 7,
        time_min: at,
        time_max: at,
        created_at: at,
        retired_at: retiredAt,
      });
    await part('pp_old', 'live', 'log of long ago', old);
    await part('pp_young', 'live', 'log under retention', now - 179 * day);
    await part('pp_held', 'examined', 'log under a hold', old);
    await part('pp_retired', 'live', 'log that was joined', old, young);
    await house.holds.place(house.owner, {
      reason: 'a complaint about a decision',
      subjects: [{ kind: 'endpoint', id: 'examined' }],
    });

    const cached = { pipeline_run_id: 'plr_1', step: 'train', outputs: '{}' };
    add('step_cache', { cache_key: 'a', ...cached, created_at: old });
    add('step_cache', { cache_key: 'b', ...cached, created_at: young });
    add('materializations', {
      view_name: 'v',
      view_version: 1,
      at: old,
      row_count: 1,
      source_version_id: 'dsv_view',
      written_at: old,
    });
    add('monitors', {
      id: 'mon_1',
      name: 'drift',
      endpoint: 'live',
      settings: JSON.stringify({ reference: { splitId: 'spl_monitored' } }),
      revision: 1,
      created_by: 'u',
      created_at: old,
      updated_at: old,
    });
    add('monitor_references', {
      monitor_id: 'mon_1',
      cache_key: 'k',
      digest: await stored('profiled reference'),
      rows: 1,
      columns: 1,
      chunks: 1,
      created_at: old,
    });
    add('label_parts', {
      id: 'lp_1',
      endpoint: 'live',
      digest: await stored('labels'),
      rows: 1,
      unknown: 0,
      created_at: old,
    });
    await house.sql.transaction(async (tx) => {
      for (const [table, row] of rows) await tx.query<Tables>().insertInto(table).values(row).execute();
      await house.governance.lineage.link(tx, house.owner, {
        from: { kind: 'source-file', id: 'file_source' },
        to: { kind: 'dataset-version', id: 'dsv_trained' },
        relation: 'landed-in',
      });
    });
  }
});
