import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createIdGenerator } from '../../../kernel/ids.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { createLlm } from '../../../llm/index.ts';
import { ana, openTracking } from '../../../tracking/tracking.fixture.ts';
import { createExperimentIds } from '../../experiment-ids.ts';
import { openMlflow } from '../mlflow.fixture.ts';
import { traceRoutes } from './trace-routes.ts';

const v3 = '/api/3.0/mlflow/traces';
const v2 = '/api/2.0/mlflow/traces';

interface Info {
  readonly trace_id: string;
  readonly tags: Readonly<Record<string, string>>;
}

describe('traces over the wire of MLflow', () => {
  let house: Awaited<ReturnType<typeof openTracking>>;
  let mlflow: Awaited<ReturnType<typeof openMlflow>>;
  let llm: ReturnType<typeof createLlm>;
  before(async () => {
    house = await openTracking();
    llm = createLlm({
      ...house,
      ids: createIdGenerator({ clock: house.clock, random: systemRandom }),
      random: systemRandom,
      surroundings: {
        findExperiment: (workspace, by) => house.tracking.reader.experiment(workspace, by),
        findRun: (workspace, id) => house.tracking.reader.find(workspace, id),
      },
    });
    const experimentIds = createExperimentIds(house.tracking);
    const { artifacts } = house.tracking;
    const deps = { traces: llm.traces, experimentIds, artifacts, clock: house.clock, random: systemRandom };
    mlflow = await openMlflow(traceRoutes(deps));
  });
  after(async () => {
    await mlflow.close();
    await house.close();
  });

  const begin = (id: string, given: Record<string, unknown> = {}) =>
    mlflow.call<{ trace: { trace_info: Info } }>('POST', v3, {
      body: {
        trace: {
          trace_info: {
            trace_id: id,
            trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } },
            request_time: '2026-01-02T03:04:05.678Z',
            execution_duration: '1.500s',
            state: 'OK',
            trace_metadata: { 'mlflow.trace.session': 's1' },
            tags: { 'mlflow.traceName': 'ask', env: 'live' },
            ...given,
          },
        },
      },
    });
  const search = async (body: Record<string, unknown>) => {
    const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } }];
    const answer = await mlflow.call<{ traces: Info[] }>('POST', `${v3}/search`, {
      body: { locations, ...body },
    });
    return answer.traces.map(({ trace_id }) => trace_id);
  };

  it('are told, shown and found by what was told', async () => {
    const { trace } = await begin('tr-1');
    assert.deepEqual(trace.trace_info, {
      trace_id: 'tr-1',
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } },
      request_time: '2026-01-02T03:04:05.678Z',
      execution_duration: '1.500s',
      state: 'OK',
      trace_metadata: { 'mlflow.trace.session': 's1' },
      tags: {
        env: 'live',
        'mlflow.traceName': 'ask',
        'mlflow.artifactLocation': 'mlflow-artifacts:/0/traces/tr-1/artifacts',
        'mlflow.trace.spansLocation': 'TRACKING_STORE',
      },
      assessments: [],
    });
    assert.deepEqual(await mlflow.call('GET', `${v3}/tr-1`), { trace });
    assert.deepEqual(
      await search({ filter: "trace.name = 'ask' AND metadata.`mlflow.trace.session` = 's1'" }),
      ['tr-1'],
    );
    assert.deepEqual(await search({ filter: "name RLIKE '^a' AND status IN ('OK', 'ERROR')" }), ['tr-1']);
    assert.deepEqual(await search({ filter: 'execution_time_ms > 1500' }), []);
    const infos = await mlflow.call<{ trace_infos: Info[] }>('POST', `${v3}/batchGetInfos`, {
      body: { trace_ids: ['tr-1', 'tr-none'] },
    });
    assert.equal(infos.trace_infos.length, 1);
  });

  it('come with their spans once these are all there, or with what there is', async () => {
    const traceId = 'd'.repeat(32);
    await llm.traces.addSpans(
      ana,
      (await house.tracking.reader.experiment('ws_1', { number: 0 }))?.id ?? '',
      [
        {
          traceId,
          resource: [],
          scope: '',
          span: {
            id: '00000000000000aa',
            name: 'root',
            kind: 0,
            startedAt: '1700000000000000001',
            endedAt: '1700000000000000002',
            status: 'OK',
            attributes: [
              ['openinference.span.kind', 'LLM'],
              ['llm.token_count.prompt', 3],
              ['llm.token_count.completion', 4],
            ],
            events: [],
            links: [],
          },
        },
      ],
    );
    const answer = await mlflow.send('GET', `${v3}/get?trace_id=tr-${traceId}&allow_partial=True`);
    assert.match(answer.body, /"start_time_unix_nano":1700000000000000001,/);
    const { trace } = answer.json<{
      trace: {
        trace_info: { trace_metadata: Record<string, string> };
        spans: { attributes: { key: string; value: unknown }[] }[];
      };
    }>();
    const attributes = new Map(trace.spans[0]?.attributes.map(({ key, value }) => [key, value]));
    assert.deepEqual(attributes.get('mlflow.spanType'), { string_value: 'LLM' });
    assert.deepEqual(JSON.parse(trace.trace_info.trace_metadata['mlflow.trace.tokenUsage'] ?? ''), {
      input_tokens: 3,
      output_tokens: 4,
      total_tokens: 7,
    });
    const file = await mlflow.send('GET', `/ajax-api/2.0/mlflow/get-trace-artifact?request_id=tr-${traceId}`);
    assert.equal(file.headers['content-disposition'], 'attachment; filename=traces.json');
    assert.match(file.body, /"start_time_unix_nano": 1700000000000000001,/);
    const [kept] = file.json<{ spans: { attributes: Record<string, string>; parent_span_id: unknown }[] }>()
      .spans;
    assert.equal(kept?.parent_span_id, null);
    assert.equal(kept.attributes['llm.token_count.prompt'], '3');
    assert.equal(kept.attributes['mlflow.traceRequestId'], `"tr-${traceId}"`);
    const batch = await mlflow.call<{ traces: unknown[] }>(
      'GET',
      `${v3}/batchGet?trace_ids=tr-${traceId}&trace_ids=tr-1`,
    );
    assert.equal(batch.traces.length, 1);
    const figures = await mlflow.call<{ data_points: unknown }>('POST', `${v3}/metrics`, {
      body: {
        experiment_ids: ['0'],
        view_type: 'TRACES',
        metric_name: 'total_tokens',
        aggregations: [{ aggregation_type: 'SUM' }, { aggregation_type: 'PERCENTILE', percentile_value: 95 }],
        dimensions: ['trace_name'],
      },
    });
    assert.deepEqual(figures.data_points, [
      { metric_name: 'total_tokens', dimensions: { trace_name: 'root' }, values: { SUM: 7, 'P95.0': 7 } },
    ]);
    const correlation = await mlflow.call('POST', `${v3}/calculate-filter-correlation`, {
      body: { experiment_ids: ['0'], filter_string1: "name = 'root'", filter_string2: "name = 'none'" },
    });
    assert.deepEqual(correlation, {
      npmi: 'NaN',
      npmi_smoothed: 'NaN',
      filter1_count: 1,
      filter2_count: 0,
      joint_count: 0,
      total_count: 2,
    });
  });

  it('have tags, of which those of the protocol are not for clients', async () => {
    await mlflow.call('PATCH', `${v2}/tr-1/tags`, { body: { key: 'a', value: 'b' } });
    await mlflow.call('PATCH', `${v3}/tr-1/tags`, { body: { key: 'mlflow.traceName', value: 'other' } });
    assert.deepEqual(await search({ filter: "tags.a = 'b' AND name = 'other'" }), ['tr-1']);
    await mlflow.call('DELETE', `${v2}/tr-1/tags`, { body: { key: 'a' } });
    assert.equal(
      await mlflow.refused('DELETE', `${v2}/tr-1/tags`, { body: { key: 'a' } }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    for (const key of ['mlflow.trace.spansLocation', '../up', 'x'.repeat(251)])
      assert.equal(
        await mlflow.refused('PATCH', `${v2}/tr-1/tags`, { body: { key, value: '' } }),
        '400 INVALID_PARAMETER_VALUE',
      );
  });

  it('have assessments that change by a mask', async () => {
    const made = await mlflow.call<{ assessment: { assessment_id: string; valid: boolean } }>(
      'POST',
      `${v3}/tr-1/assessments`,
      {
        body: {
          assessment: {
            assessment_name: 'quality',
            source: { source_type: 'HUMAN', source_id: 'ana' },
            feedback: { value: 0.5, error: { error_code: 'E' } },
          },
        },
      },
    );
    const one = `${v3}/tr-1/assessments/${made.assessment.assessment_id}`;
    assert.match(made.assessment.assessment_id, /^a-[0-9a-f]{32}$/);
    const changed = await mlflow.call<{ assessment: Record<string, unknown> }>('PATCH', one, {
      body: { assessment: { feedback: { value: true }, rationale: 'r' }, update_mask: 'feedback,rationale' },
    });
    assert.deepEqual([changed.assessment.feedback, changed.assessment.rationale], [{ value: true }, 'r']);
    assert.equal(changed.assessment.assessment_name, 'quality');
    assert.deepEqual(await search({ filter: "feedback.quality = 'true'" }), ['tr-1']);
    await mlflow.call('DELETE', one, { body: {} });
    assert.equal(await mlflow.refused('GET', one), '404 RESOURCE_DOES_NOT_EXIST');
  });

  it('are begun and ended apart by old clients', async () => {
    const begun = await mlflow.call<{ trace_info: { request_id: string } }>('POST', v2, {
      body: {
        experiment_id: '0',
        timestamp_ms: 1000,
        request_metadata: [{ key: 'm', value: '1' }],
        tags: [],
      },
    });
    const id = begun.trace_info.request_id;
    const ended = await mlflow.call<{ trace_info: Record<string, unknown> }>('PATCH', `${v2}/${id}`, {
      body: { timestamp_ms: 1250, status: 'ERROR', tags: [{ key: 't', value: '2' }] },
    });
    assert.deepEqual(ended.trace_info, {
      request_id: id,
      experiment_id: '0',
      timestamp_ms: 1000,
      execution_time_ms: 250,
      status: 'ERROR',
      request_metadata: [{ key: 'm', value: '1' }],
      tags: [
        { key: 't', value: '2' },
        { key: 'mlflow.artifactLocation', value: `mlflow-artifacts:/0/traces/${id}/artifacts` },
      ],
    });
    assert.deepEqual(await mlflow.call('GET', `${v2}/${id}/info`), ended);
    const page = await mlflow.call<{ traces: unknown[]; next_page_token?: string }>(
      'GET',
      `${v2}?experiment_ids=0&max_results=1`,
    );
    assert.equal(page.traces.length, 1);
    assert.equal(typeof page.next_page_token, 'string');
  });

  it('are deleted by id or by age', async () => {
    await begin('tr-old', { request_time: '1970-01-01T00:00:01Z' });
    const deleted = await mlflow.call('POST', `${v2}/delete-traces`, {
      body: { experiment_id: '0', max_timestamp_millis: 1000, max_traces: 10 },
    });
    assert.deepEqual(deleted, { traces_deleted: 2 });
    assert.deepEqual(
      await mlflow.call('POST', `${v2}/delete-traces`, {
        body: { experiment_id: '0', request_ids: ['tr-old'] },
      }),
      { traces_deleted: 0 },
    );
  });

  it('refuse what is asked in wrong words or types, and never fail over it', async () => {
    const wrong = [31, 'x', [], {}, [1], true, null, 1.5];
    const fields = [
      'trace',
      'locations',
      'filter',
      'max_results',
      'order_by',
      'page_token',
      'trace_ids',
      'assessment',
      'update_mask',
      'experiment_ids',
      'aggregations',
      'experiment_id',
      'timestamp_ms',
      'tags',
      'key',
      'run_id',
      'prompt_versions',
      'trace_id',
      'filter_string1',
      'status',
    ];
    for (const [method, url] of [
      ['POST', v3],
      ['POST', `${v3}/search`],
      ['POST', `${v3}/batchGetInfos`],
      ['POST', `${v3}/metrics`],
      ['POST', `${v3}/calculate-filter-correlation`],
      ['POST', `${v3}/tr-1/assessments`],
      ['PATCH', `${v3}/tr-1/assessments/a-1`],
      ['PATCH', `${v3}/tr-1/tags`],
      ['POST', v2],
      ['PATCH', `${v2}/tr-1`],
      ['POST', `${v2}/delete-traces`],
      ['POST', `${v2}/link-to-run`],
      ['POST', `${v2}/link-prompts`],
    ] as const)
      for (const value of wrong) {
        const answer = await mlflow.send(method, url, {
          body: Object.fromEntries(fields.map((name) => [name, value])),
        });
        assert.ok(answer.statusCode < 500, `${method} ${url} ${JSON.stringify(value)}: ${answer.body}`);
      }
    for (const [url, body, answer] of [
      [`${v3}/search`, { locations: [] }, { traces: [] }],
      [`${v2}/link-to-run`, { run_id: 'none', trace_ids: [] }, {}],
    ] as const)
      assert.deepEqual(await mlflow.call('POST', url, { body }), answer);
    const locations = [{ mlflow_experiment: { experiment_id: '0' } }];
    for (const body of [
      {},
      { locations, max_results: 501 },
      { locations, filter: "nothing = 'x'" },
      { locations, filter: "span.nothing = 'x'" },
      { locations, filter: "feedback.a > 'x'" },
      { locations, filter: "name RLIKE '('" },
      { locations, filter: "trace.text = 'x'" },
      { locations, order_by: ['span.name'] },
      { locations, order_by: ['name', 'name DESC'] },
      { locations, page_token: 'nonsense' },
    ])
      assert.equal(
        await mlflow.refused('POST', `${v3}/search`, { body }),
        '400 INVALID_PARAMETER_VALUE',
        JSON.stringify(body),
      );
    assert.equal(await mlflow.refused('GET', `${v3}/tr-none`), '404 RESOURCE_DOES_NOT_EXIST');
    assert.equal(
      await mlflow.refused('GET', `${v3}/tr-1`, { workspace: 'ws_2' }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
  });
});
