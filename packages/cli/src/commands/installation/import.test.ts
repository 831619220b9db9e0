import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { esteira, type Installation } from '../../esteira-command.fixture.ts';
import { writeMlflowDatabase } from '../../import-mlflow/mlflow-database.fixture.ts';
import { genaiIds } from '../../import-mlflow/mlflow-genai.fixture.ts';
import { ask, ask3, importInto, move, type Report, send, sourceOf, start } from './import.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-import-'));
let source: ReturnType<typeof writeMlflowDatabase>;
let words: readonly string[];
before(() => {
  source = writeMlflowDatabase(folder);
  words = ['--from', source.address, '--artifact-root', source.artifacts];
});
after(() => rmSync(folder, { recursive: true, force: true }));

const traceId = '0123456789abcdef0123456789abcdef';

const spans = {
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: ['1111111111111111', '2222222222222222'].map((spanId, index) => ({
            traceId,
            spanId,
            ...(index === 0 ? {} : { parentSpanId: '1111111111111111' }),
            name: `step ${index}`,
            startTimeUnixNano: '1700000000000000001',
            endTimeUnixNano: '1700000000500000002',
            attributes: [
              { key: 'mlflow.spanInputs', value: { stringValue: '{"q": "why?"}' } },
              { key: 'large_number', value: { intValue: '9007199254740993' } },
            ],
            status: { code: 2, message: 'it broke' },
          })),
        },
      ],
    },
  ],
};

const told = {
  trace: {
    trace_info: {
      trace_id: `tr-${traceId}`,
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '1' } },
      request_time: '2023-11-14T22:13:20.123Z',
      execution_duration: '0.5s',
      state: 'ERROR',
      request_preview: 'why?',
      tags: { 'mlflow.traceName': 'agent', env: 'live' },
      trace_metadata: { 'mlflow.trace.session': 's1' },
      assessments: [
        {
          assessment_id: 'a-1',
          assessment_name: 'quality',
          source: { source_type: 'HUMAN', source_id: 'ana' },
          create_time: '2023-11-15T00:00:00Z',
          feedback: { value: 0.25 },
          rationale: 'too short',
        },
      ],
    },
  },
};

/** As text, in which no digit is lost. */
async function traceOf({ environment }: Installation): Promise<string> {
  const url = `${environment.ESTEIRA_URL}/api/3.0/mlflow/traces/batchGet?trace_ids=tr-${traceId}`;
  return await (
    await fetch(url, { headers: { authorization: `Bearer ${environment.ESTEIRA_TOKEN}` } })
  ).text();
}

describe('esteira import mlflow', () => {
  it('moves a database in, and what came in moves on over the API, all of it equal', async (t) => {
    const first = await start(t);
    const imported = await importInto(first, words);
    assert.equal(imported.code, 0, imported.stderr + imported.stdout);
    assert.equal(imported.report.complete, true);
    assert.partialDeepStrictEqual(sourceOf(imported.report), {
      experiments: 3,
      'experiments: deleted': 1,
      'experiments: content': 3,
      runs: 4,
      'runs: deleted': 2,
      'runs: points': 3_003,
      'runs: params': 2,
      'runs: datasets': 1,
      'logged models': 2,
      'logged models: content': 2,
      'registered models: versions': 3,
      traces: 3,
      'traces: spans': 3,
      'traces: assessments': 5,
      'traces: artifacts': 2,
      'traces: content': 3,
      issues: 2,
      'issues: content': 2,
      'evaluation datasets': 2,
      'evaluation datasets: records': 2,
      'evaluation datasets: content': 2,
      'scorers: versions': 2,
      'webhooks: content': 1,
      'digests of artifacts': 6,
    });
    assert.match(imported.stdout, /version 1 of the scorer coded in churn does not come/);

    const { run } = await ask(first, 'runs/get?run_id=a1');
    assert.partialDeepStrictEqual(run.info, {
      run_name: 'parent',
      experiment_id: '1',
      user_id: 'ana',
      status: 'FINISHED',
      start_time: 100,
      end_time: 200,
    });
    assert.deepEqual(
      run.data.params.map(({ key }: { key: string }) => key),
      ['__proto__', 'lr'],
    );
    // NaN is the latest at the same step and time, as MLflow showed it.
    assert.deepEqual(
      run.data.metrics.map(({ key, value }: { key: string; value: unknown }) => [key, value]),
      [
        ['huge', Number.MAX_VALUE],
        ['loss', 1 / 3_000],
        ['odd', 'NaN'],
      ],
    );
    const gone = await ask(first, 'experiments/get?experiment_id=7');
    assert.equal(gone.experiment.lifecycle_stage, 'deleted');
    const { model_version: version } = await ask(first, 'model-versions/get?name=churn-model&version=1');
    assert.partialDeepStrictEqual(version, {
      current_stage: 'Production',
      source: 'runs:/a1/plots',
      creation_timestamp: 301,
    });
    const next = await ask(first, 'model-versions/create', {
      name: 'churn-model',
      source: 'runs:/a1/plots',
      run_id: 'a1',
    });
    assert.equal(next.model_version.version, '4', 'the number of a deleted version is not given again');

    const second = await start(t);
    await send(first, '/v1/traces', spans, { 'x-mlflow-experiment-id': '1' });
    await send(first, '/api/3.0/mlflow/traces', told);
    const moved = await move(first, second);
    assert.equal(moved.code, 0, moved.stderr + moved.stdout);
    const overApi = sourceOf(JSON.parse(moved.stdout) as Report);
    assert.partialDeepStrictEqual(overApi, {
      runs: 4,
      'runs: points': 3_003,
      'digests of artifacts': 6,
      traces: 4,
      'traces: spans': 5,
      'traces: assessments': 6,
      'traces: content': 4,
      'issues: content': 2,
      'evaluation datasets: content': 2,
      'scorers: content': 2,
    });
    assert.deepEqual((await ask(second, 'runs/get?run_id=a1')).run, run);
    const trace = await traceOf(first);
    assert.match(trace, /1700000000000000001/);
    assert.equal(await traceOf(second), trace);
    const again = await move(first, second);
    assert.equal(again.code, 0, again.stderr + again.stdout);
    assert.equal(await traceOf(second), trace);
  });

  it('brings what judges answers out of a database as MLflow shows it', async (t) => {
    const installation = await start(t);
    const imported = await importInto(installation, words);
    assert.equal(imported.code, 0, imported.stderr + imported.stdout);
    const { trace, traceInFile, oldTrace, attachment } = genaiIds;

    const { traces } = await ask3(
      installation,
      `traces/batchGet?trace_ids=${trace}&trace_ids=${traceInFile}`,
    );
    const { trace_info: info, spans: stored } = traces[0];
    assert.partialDeepStrictEqual(info, {
      request_time: '2023-11-14T22:13:20.123Z',
      execution_duration: '1.250s',
      state: 'ERROR',
      client_request_id: 'req-1',
      tags: { 'mlflow.traceName': 'agent', env: 'live' },
      trace_metadata: {
        'mlflow.trace.session': 's-1',
        'mlflow.trace.user': 'ana',
        'mlflow.trace.tokenUsage': '{"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}',
        'mlflow.trace.cost': '{"total_cost": 0.25}',
      },
    });
    const [first] = info.assessments;
    assert.partialDeepStrictEqual(first, {
      assessment_id: 'a-1',
      feedback: { value: 0.25 },
      span_id: '1111111111111111',
      metadata: { k: 'v' },
      valid: false,
    });
    assert.equal(stored.length, 2);
    assert.equal(traces[1].spans.length, 1);
    const file = async (id: string, path: string) => {
      const { ESTEIRA_URL: url, ESTEIRA_TOKEN: token } = installation.environment;
      const answer = await fetch(`${url}/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${id}${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return await answer.text();
    };
    assert.equal(await file(trace, `&path=${attachment}`), 'PNG!');
    assert.match(await file(oldTrace, ''), /"0x1"/);
    const linked = await ask3(installation, 'traces/search', {
      locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '1' } }],
      filter: "attributes.run_id = 'b1'",
    });
    assert.deepEqual(
      linked.traces.map(({ trace_id }: { trace_id: string }) => trace_id),
      [trace],
    );

    const { records } = await ask3(installation, 'datasets/d-1/records');
    assert.partialDeepStrictEqual(JSON.parse(records), [
      { dataset_record_id: 'dr-1', inputs: { q: 'why?' }, outputs: ['x', null], expectations: { a: 1.5 } },
      { dataset_record_id: 'dr-2', inputs: { q: 'how?', n: 1 }, created_by: 'ana' },
    ]);
    const { scorers } = await ask3(installation, 'scorers/versions?experiment_id=1&name=brief');
    assert.deepEqual(
      scorers.map(({ scorer_version }: { scorer_version: number }) => scorer_version),
      [1, 3],
    );
    const { issues } = await ask3(installation, 'issues/search', { include_trace_count: true });
    assert.deepEqual(issues, [
      {
        issue_id: 'iss-1',
        experiment_id: '1',
        name: 'slow',
        description: 'It takes long',
        status: 'resolved',
        severity: 'high',
        root_causes: ['a query', 'the ü'],
        categories: ['latency'],
        source_run_id: 'a1',
        created_by: 'rui',
        created_timestamp: 800,
        last_updated_timestamp: 801,
        trace_count: 1,
      },
      {
        issue_id: 'iss-2',
        experiment_id: '7',
        name: 'odd',
        description: '',
        status: 'pending',
        created_timestamp: 802,
        last_updated_timestamp: 802,
        trace_count: 0,
      },
    ]);
    const { webhooks } = await ask(installation, 'webhooks');
    assert.partialDeepStrictEqual(webhooks, [{ webhook_id: 'w-1', status: 'DISABLED' }]);

    await send(installation, `/api/3.0/mlflow/traces/${trace}/assessments`, {
      assessment: {
        assessment_name: 'new',
        trace_id: trace,
        source: { source_type: 'HUMAN', source_id: 'ana' },
        feedback: { value: 1 },
      },
    });
    const again = await importInto(installation, words);
    assert.equal(again.code, 1);
    assert.match(again.stdout, new RegExp(`trace ${trace} says something else here`));
  });

  it('tells of spans that are there and cannot be read', async (t) => {
    const installation = await start(t);
    const other = join(folder, 'archived');
    mkdirSync(other);
    const { address, artifacts } = writeMlflowDatabase(other, { points: 1 });
    const database = new DatabaseSync(address.replace('sqlite:///', ''));
    database.exec("update trace_tags set value = 'ARCHIVE_REPO' where key = 'mlflow.trace.spansLocation'");
    database.close();
    writeFileSync(join(artifacts, `1/traces/${genaiIds.traceInFile}/artifacts/traces.json`), 'broken');
    const { code, report } = await importInto(installation, [
      '--from',
      address,
      '--artifact-root',
      artifacts,
    ]);
    assert.equal(code, 1);
    assert.equal(report.complete, false);
    const problems = report.problems.join('\n');
    assert.match(problems, new RegExp(`${genaiIds.trace}: its spans are in an archive`));
    assert.match(problems, new RegExp(`${genaiIds.traceInFile}: .*JSON`));
  });

  it('goes on where it was killed, and changes nothing when it is done again', async (t) => {
    const installation = await start(t);
    const child = spawn(esteira, ['--json', 'import', 'mlflow', ...words], {
      env: { PATH: '/usr/bin:/bin', ...installation.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // The first word of progress comes in the middle of the artifacts.
    child.stderr.once('data', () => child.kill('SIGKILL'));
    await new Promise((ended) => child.once('close', ended));
    assert.equal(child.signalCode, 'SIGKILL');
    const again = await importInto(installation, words);
    assert.equal(again.code, 0, again.stderr + again.stdout);
    const third = await importInto(installation, words);
    assert.deepEqual(third.report.rows, again.report.rows);
    assert.equal(third.code, 0);
  });

  it('only counts with --dry-run, and gives taken numbers anew', async (t) => {
    const installation = await start(t);
    const dry = await importInto(installation, [...words, '--dry-run']);
    assert.equal(dry.code, 0, dry.stderr);
    assert.equal(sourceOf(dry.report).runs, 4);
    assert.equal((await ask(installation, 'runs/get?run_id=a1')).error_code, 'RESOURCE_DOES_NOT_EXIST');
    await ask(installation, 'experiments/create', { name: 'here first' });
    const imported = await importInto(installation, words);
    assert.equal(imported.code, 0, imported.stderr + imported.stdout);
    const { experiment } = await ask(installation, 'experiments/get-by-name?experiment_name=churn');
    assert.notEqual(experiment.experiment_id, '1');
    const { run } = await ask(installation, 'runs/get?run_id=a1');
    assert.equal(run.info.artifact_uri, `mlflow-artifacts:/${experiment.experiment_id}/a1/artifacts`);
  });

  it('tells of a file that cannot be read, and brings everything else', async (t) => {
    const installation = await start(t);
    const link = join(source.artifacts, '1/a1/artifacts/lost');
    symlinkSync(join(folder, 'nowhere'), link);
    try {
      const { code, report } = await importInto(installation, words);
      assert.equal(code, 1);
      assert.equal(report.complete, false);
      assert.match(report.problems.join('\n'), /lost of run a1/);
      assert.equal(report.rows.find(({ what }) => what === 'runs: points')?.same, true);
      assert.equal(report.rows.find(({ what }) => what === 'digests of artifacts')?.target, 6);
    } finally {
      unlinkSync(link);
    }
    assert.equal((await importInto(installation, words)).code, 0);
  });

  it('says which things came in and say something else now, however many of each there are', async (t) => {
    const installation = await start(t);
    const changing = join(folder, 'changing');
    mkdirSync(changing);
    const { address, artifacts } = writeMlflowDatabase(changing, { points: 30 });
    const flags = ['--from', address, '--artifact-root', artifacts];
    const imported = await importInto(installation, flags);
    assert.equal(imported.code, 0, imported.stderr + imported.stdout);
    assert.partialDeepStrictEqual(sourceOf(imported.report), {
      'runs: content': 4,
      'registered models: content': 2,
    });

    const database = new DatabaseSync(address.replace('sqlite:///', ''));
    database.exec(`update metrics set value = value + 1 where run_uuid = 'a1' and step = 3;
      update params set value = 'changed' where run_uuid = 'a1';
      update registered_model_tags set value = 'changed' where name = 'churn-model';
      update experiment_tags set value = 'changed' where experiment_id = 1;
      update experiments set last_update_time = 22 where experiment_id = 1;
      update logged_models set source_run_id = 'b1', model_type = 'other' where model_id = 'm-1';
      update logged_model_params set param_value = '4' where model_id = 'm-1';
      update logged_model_metrics set metric_value = 0.8 where model_id = 'm-1';
      update logged_models set creation_timestamp_ms = 144 where model_id = 'm-2'`);
    database.close();
    const { code, report } = await importInto(installation, flags);
    assert.equal(code, 1);
    const problems = report.problems.join('\n');
    assert.match(problems, /run a1 says something else here: params, histories of metrics/);
    assert.match(problems, /model churn-model says something else here: tags/);
    assert.match(problems, /experiment \S+ says something else here: words, tags$/m);
    assert.match(problems, /logged-model m-1 says something else here: words, source run, params, metrics$/m);
    assert.match(problems, /logged-model m-2 says something else here: times$/m);
    assert.deepEqual(
      report.notes.filter((note) => note.includes('was here before')),
      ['the experiment churn was here before and keeps its own times'],
    );
    assert.equal(report.rows.find(({ what }) => what === 'runs: points')?.same, true);
    assert.equal(report.rows.find(({ what }) => what === 'runs: content')?.target, 3);
  });

  it('overwrites no version that the server has of its own', async (t) => {
    const installation = await start(t);
    await ask(installation, 'registered-models/create', { name: 'churn-model' });
    const { run } = await ask(installation, 'runs/create', { experiment_id: '0', start_time: 1 });
    const runId: string = run.info.run_id;
    await ask(installation, 'model-versions/create', {
      name: 'churn-model',
      source: `runs:/${runId}`,
      run_id: runId,
    });
    const { code, stderr } = await importInto(installation, words);
    assert.equal(code, 1);
    assert.match(stderr, /IMPORT_VERSION_TAKEN/);
  });

  it('says what is wrong with a source', async (t) => {
    const installation = await start(t);
    const fails = async (flags: readonly string[], code: string, exit = 1) => {
      const answer = await importInto(installation, flags);
      assert.match(answer.stderr, new RegExp(`"code":"${code}"`), flags.join(' '));
      assert.equal(answer.code, exit);
    };
    const root = ['--artifact-root', source.artifacts];
    await fails(['--from', `sqlite:///${join(folder, 'none.db')}`, ...root], 'SOURCE_MISSING');
    await fails(['--from', source.address, '--artifact-root', join(folder, 'none')], 'SOURCE_MISSING');
    await fails(['--from', source.address], 'USAGE', 2);
    await fails(['--from', 'ftp://x'], 'USAGE', 2);
    await fails(['--from', await unusedAddress()], 'SOURCE_UNREACHABLE');
    await fails(['--from', installation.environment.ESTEIRA_URL ?? ''], 'SOURCE_DENIED');

    const text = join(folder, 'text.db');
    writeFileSync(text, 'this is no database, but a text that is long enough');
    await fails(['--from', `sqlite:///${text}`, ...root], 'SOURCE_SCHEMA');

    const other = join(folder, 'other');
    mkdirSync(other);
    const { address } = writeMlflowDatabase(other, { points: 1 });
    const database = new DatabaseSync(address.replace('sqlite:///', ''));
    database.exec("update alembic_version set version_num = 'cafe'");
    await fails(['--from', address, ...root], 'SOURCE_SCHEMA');
    database.exec("update alembic_version set version_num = 'dc11669786a5'; begin exclusive");
    await fails(['--from', address, ...root], 'SOURCE_LOCKED');
    database.close();
  });
});

/** Of a port that was free a moment ago. */
async function unusedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}
