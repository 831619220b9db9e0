import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import type { Assessment, ToldTrace } from './trace.ts';
import { parseTraceFilter, parseTraceOrder } from './trace-filter.ts';
import { ana, aSpan, aTraceId, openTraces } from './traces.fixture.ts';

const start = 1_700_000_000_000;

function told(id: string, given: Partial<ToldTrace> = {}): ToldTrace {
  return {
    id,
    experimentId: 'exp_1',
    requestedAt: start,
    state: 'OK',
    tags: {},
    metadata: {},
    assessments: [],
    spansStored: true,
    ...given,
  };
}

function judged(id: string, given: Partial<Assessment> = {}): Assessment {
  return {
    id,
    kind: 'feedback',
    name: 'quality',
    value: 0.5,
    sourceType: 'HUMAN',
    valid: true,
    createdAt: start,
    updatedAt: start,
    ...given,
  };
}

describe('traces', () => {
  let house: Awaited<ReturnType<typeof openTraces>>;
  before(async () => {
    house = await openTraces();
  });
  after(() => house.close());

  const found = async (filter: string, order = '', experiments = ['exp_1']) =>
    (
      await house.traces.search('ws_1', {
        experiments,
        conditions: parseTraceFilter(filter),
        order: order === '' ? [] : [parseTraceOrder(order)],
        limit: 50,
      })
    ).items.map(({ id }) => id);

  it('are made by their spans, and widen as more of these come', async () => {
    const traceId = aTraceId();
    const root = aSpan({ traceId, id: '0000000000000001', name: 'agent', start, end: start + 50 }, [
      ['mlflow.spanInputs', { m: [['q', 'why?']] }],
      ['mlflow.spanOutputs', 'because'],
      ['session.id', 's1'],
      ['user.id', 'u1'],
      ['mlflow.traceTag.env', 'live'],
    ]);
    const child = aSpan({
      traceId,
      parentId: '0000000000000001',
      name: 'tool',
      start: start - 5,
      end: start + 20,
    });
    const [id] = await house.traces.addSpans(ana, 'exp_1', [child]);
    assert.equal(id, `tr-${traceId}`);
    const early = await house.traces.head('ws_1', `tr-${traceId}`);
    assert.deepEqual([early.state, early.requestedAt, early.durationMs], ['IN_PROGRESS', start - 5, 25]);
    await house.traces.addSpans(ana, 'exp_1', [root]);
    await house.traces.addSpans(ana, 'exp_1', [root]);
    const head = await house.traces.head('ws_1', `tr-${traceId}`);
    assert.deepEqual(
      [head.state, head.requestedAt, head.durationMs, head.name],
      ['OK', start - 5, 55, 'agent'],
    );
    assert.deepEqual([head.requestPreview, head.responsePreview], ['{"q":"why?"}', '"because"']);
    assert.deepEqual({ ...head.tags }, { env: 'live' });
    assert.deepEqual({ ...head.metadata }, { 'mlflow.trace.session': 's1', 'mlflow.trace.user': 'u1' });
    const { spans, total } = await house.traces.tree('ws_1', head.id, { from: 0, limit: 10 });
    assert.equal(total, 2);
    assert.deepEqual(
      spans.map(({ span, depth }) => [span.name, depth]),
      [
        ['agent', 0],
        ['tool', 1],
      ],
    );
  });

  it('are of their workspace alone, whatever their ids', async () => {
    const traceId = aTraceId();
    const elsewhere = { ...ana, workspace: 'ws_2' };
    await Promise.all([
      house.traces.addSpans(ana, 'exp_1', [aSpan({ traceId, name: 'mine' })]),
      house.traces.addSpans(elsewhere, 'exp_2', [aSpan({ traceId, name: 'theirs' })]),
    ]);
    assert.equal((await house.traces.head('ws_1', `tr-${traceId}`)).name, 'mine');
    assert.equal((await house.traces.head('ws_2', `tr-${traceId}`)).name, 'theirs');
    assert.equal(await house.traces.exists('ws_3', `tr-${traceId}`), false);
  });

  it('are as their client told them, whatever spans say afterwards', async () => {
    const traceId = aTraceId();
    await house.traces.tell(ana, told(`tr-${traceId}`, { durationMs: 7, state: 'ERROR', name: 'told' }));
    await house.traces.addSpans(ana, 'exp_1', [aSpan({ traceId, start: start - 100, end: start + 900 })]);
    const head = await house.traces.head('ws_1', `tr-${traceId}`);
    assert.deepEqual([head.requestedAt, head.durationMs, head.state, head.name], [start, 7, 'ERROR', 'told']);
  });

  it('sum what their spans used, without what a span above tells already', async () => {
    const traceId = aTraceId();
    const usage = (input: number, output: number) =>
      [
        [
          'mlflow.chat.tokenUsage',
          {
            m: [
              ['input_tokens', input],
              ['output_tokens', output],
              ['total_tokens', input + output],
            ],
          },
        ],
      ] as const;
    const other = [
      ['gen_ai.usage.input_tokens', 5],
      ['gen_ai.usage.output_tokens', 1],
    ] as const;
    await house.traces.addSpans(ana, 'exp_1', [
      aSpan({ traceId, id: 'c'.repeat(16), parentId: 'b'.repeat(16) }, usage(10, 2)),
    ]);
    await house.traces.addSpans(ana, 'exp_1', [
      aSpan({ traceId, id: 'a'.repeat(16) }),
      aSpan({ traceId, id: 'b'.repeat(16), parentId: 'a'.repeat(16) }, usage(12, 2)),
      aSpan({ traceId, id: 'd'.repeat(16), parentId: 'a'.repeat(16) }, other),
    ]);
    const head = await house.traces.head('ws_1', `tr-${traceId}`);
    assert.deepEqual(head.tokens, { input_tokens: 17, output_tokens: 3, total_tokens: 20 });
  });

  it('are searched by what they, their spans and their assessments say', async () => {
    const ids = [aTraceId(), aTraceId(), aTraceId()] as const;
    const [a, b, c] = ids.map((id) => `tr-${id}`);
    for (const [index, traceId] of ids.entries()) {
      const at = start + index * 1000;
      await house.traces.addSpans(ana, 'exp_search', [
        aSpan({ traceId, id: '1'.repeat(16), name: `root ${index}`, start: at, end: at + 10 * (3 - index) }),
        aSpan(
          {
            traceId,
            parentId: '1'.repeat(16),
            name: 'look up',
            start: at,
            end: at + 1,
            status: index === 1 ? 'ERROR' : 'OK',
          },
          [
            ['mlflow.spanType', 'TOOL'],
            ['query', `Lisboa número ${index}`],
          ],
        ),
      ]);
    }
    assert.ok(a && b && c);
    await house.traces.setTag(ana, a, 'color', 'red');
    await house.traces.assessments.create(ana, a, judged('a-1', { value: 0.9 }));
    await house.traces.assessments.create(ana, b, judged('a-2', { value: 'yes' }));
    await house.traces.assessments.create(
      ana,
      c,
      judged('a-3', { kind: 'expectation', name: 'label', value: true }),
    );
    await house.traces.linkToRun(ana, [b], 'run_1');
    await house.traces.linkPrompts(ana, c, ['qa/3']);
    for (const [filter, expected] of [
      ['', [c, b, a]],
      ["tags.color = 'red'", [a]],
      ["tags.color != 'blue'", [a]],
      ['tags.color IS NULL', [c, b]],
      ["name = 'root 1'", [b]],
      ["name RLIKE '^root [02]$'", [c, a]],
      ["state = 'OK'", [c, b, a]],
      [`requestedAt > ${start}`, [c, b]],
      ['durationMs >= 20', [b, a]],
      ["span.name = 'look up' and span.status = 'ERROR'", [b]],
      ["span.name = 'root 1' and span.status = 'ERROR'", []],
      ["span.type = 'TOOL'", [c, b, a]],
      ["span.content ILIKE '%LISBOA NÚMERO 2%'", [c]],
      ["span.attributes.query LIKE 'Lisboa%1'", [b]],
      ["span.attributes.query RLIKE '(1|2)$' and span.status = 'OK'", [c]],
      ["span.attributes.other = 'x'", []],
      ['feedback.quality > 0.5', [a]],
      ["feedback.quality = 'yes'", [b]],
      ["feedback.quality RLIKE 'y.s'", [b]],
      ["expectation.label = 'true'", [c]],
      ["run = 'run_1'", [b]],
    ] as const)
      assert.deepEqual(await found(filter, '', ['exp_search']), expected, filter);
    assert.deepEqual(await found('', 'durationMs asc', ['exp_search']), [c, b, a]);
    assert.deepEqual(await found('', 'tags.color desc', ['exp_search']), [a, c, b]);
    assert.deepEqual(await found('', '', ['exp_search', 'exp_none']), [c, b, a]);
  });

  it('that are linked to a run before they have come are found by it once they are there, until they are deleted', async () => {
    const traceId = aTraceId();
    const id = `tr-${traceId}`;
    const ofRun = () => found("run = 'run_1'", '', ['exp_1']);
    const before = await ofRun();
    await house.traces.linkToRun(ana, [id], 'run_1');
    await house.traces.linkToRun(ana, [id], 'run_1');
    assert.deepEqual(await ofRun(), before);
    await house.traces.addSpans(ana, 'exp_1', [aSpan({ traceId })]);
    assert.deepEqual(new Set(await ofRun()), new Set([...before, id]));
    await house.traces.linkToRun(ana, [id], 'run_1');
    assert.equal((await ofRun()).length, before.length + 1);
    await house.traces.delete(ana, { experimentId: 'exp_1', ids: [id] });
    await house.traces.addSpans(ana, 'exp_1', [aSpan({ traceId })]);
    assert.deepEqual(await ofRun(), before);
  });

  it('are listed page after page in any order, each once', async () => {
    const all = new Set<string>();
    for (let index = 0; index < 7; index++) {
      const traceId = aTraceId();
      all.add(`tr-${traceId}`);
      await house.traces.addSpans(ana, 'exp_pages', [aSpan({ traceId, name: `n${index % 3}` })]);
    }
    const [first] = all;
    await house.traces.setTag(ana, first ?? '', 'a', '1');
    for (const order of [[], [parseTraceOrder('name desc')], [parseTraceOrder('tags.a')]]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await house.traces.search('ws_1', {
          experiments: ['exp_pages'],
          conditions: [],
          order,
          limit: 2,
          cursor,
        });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      assert.equal(seen.length, 7);
      assert.deepEqual(new Set(seen), all);
    }
    const page = await house.traces.search('ws_1', {
      experiments: ['exp_pages'],
      conditions: [],
      order: [],
      limit: 2,
    });
    await assert.rejects(
      house.traces.search('ws_1', {
        conditions: [],
        order: [parseTraceOrder('name')],
        limit: 2,
        cursor: page.nextCursor,
      }),
      { code: 'INVALID_REQUEST' },
    );
  });

  it('keep judgements, of which one may stand in place of another until it is deleted', async () => {
    const id = `tr-${aTraceId()}`;
    await house.traces.tell(ana, told(id, { assessments: [judged('a-1')] }));
    const { assessments } = house.traces;
    await assessments.create(ana, id, judged('a-2', { overrides: 'a-1', value: 1 }));
    assert.equal((await assessments.find('ws_1', id, 'a-1')).valid, false);
    const changed = await assessments.update(ana, id, 'a-2', {
      feedback: { value: 'no', error: { code: 'E' } },
      metadata: { m: '1' },
    });
    assert.deepEqual([changed.value, changed.error, changed.metadata], ['no', { code: 'E' }, { m: '1' }]);
    await assert.rejects(assessments.update(ana, id, 'a-2', { expectation: { value: 1 } }), {
      code: 'ASSESSMENT_KIND_DIFFERS',
    });
    await assessments.delete(ana, id, 'a-2');
    await assessments.delete(ana, id, 'a-2');
    assert.equal((await assessments.find('ws_1', id, 'a-1')).valid, true);
    await assert.rejects(assessments.find('ws_1', id, 'a-2'), { code: 'ASSESSMENT_NOT_FOUND' });
    await assert.rejects(assessments.create(ana, id, judged('a-3', { overrides: 'a-9' })), {
      code: 'ASSESSMENT_NOT_FOUND',
    });
  });

  it('are deleted by id or by age, the oldest first, with all that is theirs', async () => {
    const ids = [aTraceId(), aTraceId(), aTraceId()];
    for (const [index, traceId] of ids.entries())
      await house.traces.addSpans(ana, 'exp_1', [aSpan({ traceId, start: index + 1 })]);
    const [a, b, c] = ids.map((id) => `tr-${id}`);
    assert.equal(await house.traces.delete(ana, { experimentId: 'exp_1', ids: [b ?? ''] }), 1);
    assert.equal(await house.traces.delete(ana, { experimentId: 'exp_1', until: 1000, most: 1 }), 1);
    assert.deepEqual(await Promise.all([a, b, c].map((id) => house.traces.exists('ws_1', id ?? ''))), [
      false,
      false,
      true,
    ]);
    await assert.rejects(house.traces.delete(ana, { experimentId: 'exp_9' }), {
      code: 'EXPERIMENT_NOT_FOUND',
    });
  });

  it('are deleted with very many spans, and others are not', async () => {
    const [many, more, other] = [aTraceId(), aTraceId(), aTraceId()];
    const spansOf = (traceId: string, count: number) =>
      house.traces.addSpans(
        ana,
        'exp_1',
        Array.from({ length: count }, () => aSpan({ traceId })),
      );
    await spansOf(many, 12_500);
    await spansOf(more, 3_000);
    await spansOf(other, 6_000);
    const ids = [`tr-${many}`, `tr-${more}`];
    assert.equal(await house.traces.delete(ana, { experimentId: 'exp_1', ids }), 2);
    const { rows } = await sql<{ spans: number }>`select count(*) as spans from spans
      where trace not in (select number from traces)`.execute(house.sql.query());
    assert.equal(Number(rows[0]?.spans), 0);
    assert.equal((await house.traces.tree('ws_1', `tr-${other}`, { from: 0, limit: 1 })).total, 6_000);
  });

  it('are counted and summed by dimensions and stretches of time', async () => {
    for (let index = 0; index < 4; index++)
      await house.traces.addSpans(ana, 'exp_metrics', [
        aSpan({
          traceId: aTraceId(),
          name: index < 3 ? 'a' : 'b',
          start: index * 1000,
          end: index * 1000 + 10 * (index + 1),
        }),
      ]);
    const query = { experiments: ['exp_metrics'], conditions: [], ownConditions: [], limit: 10 };
    assert.deepEqual(
      await house.traces.metric('ws_1', {
        ...query,
        metric: { of: 'traces', value: 'duration' },
        aggregations: [{ kind: 'AVG' }, { kind: 'PERCENTILE', percentile: 50 }],
        dimensions: ['name'],
      }),
      [
        { dimensions: ['a'], values: [20, 20] },
        { dimensions: ['b'], values: [40, 40] },
      ],
    );
    assert.deepEqual(
      await house.traces.metric('ws_1', {
        ...query,
        metric: { of: 'spans', value: 'count' },
        aggregations: [{ kind: 'COUNT' }],
        dimensions: [],
        bucketMs: 2000,
      }),
      [
        { bucket: 0, dimensions: [], values: [2] },
        { bucket: 2000, dimensions: [], values: [2] },
      ],
    );
  });

  it('of one condition go together with those of another as far as is told', async () => {
    const conditions = parseTraceFilter("name = 'a'");
    const together = await house.traces.correlation('ws_1', {
      experiments: ['exp_metrics'],
      base: [],
      first: conditions,
      second: conditions,
    });
    assert.deepEqual([together.total, together.first, together.both], [4, 3, 3]);
    assert.ok(Math.abs(together.npmi - 1) < 1e-9);
  });
});
