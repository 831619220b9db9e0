import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { importsApi, issuesApi, type LlmIssue, llmApi, type RouteDefinition } from '@esteira/contracts';
import { ana, openTraces } from '../traces/traces.fixture.ts';

const other = { ...ana, workspace: 'ws_2' };
const { listIssues, createIssue, getIssue, changeIssue, deleteIssue, linkIssue, unlinkIssue } = issuesApi;

interface Page {
  readonly items: readonly LlmIssue[];
  readonly nextCursor?: string;
}

describe('issues by the native API', () => {
  let house: Awaited<ReturnType<typeof openTraces>>;
  before(async () => {
    house = await openTraces();
  });
  after(() => house.close());

  async function call<Answer>(
    route: RouteDefinition,
    parts: { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown },
    context = ana,
  ): Promise<Answer> {
    const binding = house.routes.find((known) => known.route === route);
    assert.ok(binding, route.id);
    const request = {
      params: route.params?.parse(parts.params),
      query: route.query?.parse(parts.query ?? {}),
      body: route.body === 'stream' ? undefined : route.body?.parse(parts.body),
    };
    const answer = await binding.handle(request, context, new AbortController().signal);
    assert.ok(route.response !== 'stream');
    return route.response.parse(answer) as Answer;
  }

  const create = (body: object) =>
    call<LlmIssue>(createIssue, { body: { experiment: 'exp_1', name: 'slow', ...body } });
  const list = async (query: object) =>
    (await call<Page>(listIssues, { query })).items.map(({ name }) => name);
  const actions = async (id: string) => {
    const { items } = await house.audit.list(
      ana.workspace,
      { subjectKind: 'issue', subjectId: id },
      { limit: 9 },
    );
    return items.map(({ action }) => action).reverse();
  };

  async function aTrace(id: string): Promise<void> {
    await house.traces.tell(ana, {
      id,
      experimentId: 'exp_1',
      requestedAt: 1,
      state: 'OK',
      tags: {},
      metadata: {},
      assessments: [],
      spansStored: false,
    });
  }

  it('are made, shown and changed key by key, and the audit log says so', async () => {
    const made = await create({ description: 'It takes long', severity: 'low', categories: ['latency'] });
    assert.match(made.id, /^iss-[0-9a-f]{32}$/);
    assert.partialDeepStrictEqual(made, {
      status: 'pending',
      severity: 'low',
      foundBy: ana.actor.id,
      traces: 0,
    });
    const params = { id: made.id };
    const changed = await call<LlmIssue>(changeIssue, {
      params,
      body: { status: 'resolved', severity: null, rootCauses: ['a query'] },
    });
    assert.deepEqual(await call(getIssue, { params }), changed);
    assert.partialDeepStrictEqual(changed, {
      name: 'slow',
      status: 'resolved',
      rootCauses: ['a query'],
      categories: ['latency'],
    });
    assert.equal(changed.severity, undefined);
    await call(deleteIssue, { params });
    assert.deepEqual(await actions(made.id), ['llm.issue.created', 'llm.issue.changed', 'llm.issue.deleted']);
  });

  it('are found by experiment, status, severity, run and words, page by page', async () => {
    await call(importsApi.issues, {
      body: { items: [anImported({ id: 'iss-run', experimentId: 'exp_deleted', sourceRunId: 'run_1' })] },
    });
    await create({ name: 'high', severity: 'high', description: 'Nothing FITS 100%' });
    await create({ name: 'low', severity: 'low', rootCauses: ['The network'] });
    assert.deepEqual(await list({ experiment: 'exp_1' }), ['high', 'low']);
    assert.deepEqual(await list({ severity: 'low' }), ['low']);
    assert.deepEqual(await list({ status: 'rejected' }), ['imported']);
    assert.deepEqual(await list({ run: 'run_1' }), ['imported']);
    assert.deepEqual(await list({ text: 'fits 100%' }), ['high']);
    assert.deepEqual(await list({ text: 'NETWORK' }), ['low']);
    const first = await call<Page>(listIssues, { query: { limit: 2 } });
    const rest = await call<Page>(listIssues, { query: { limit: 2, cursor: first.nextCursor } });
    assert.deepEqual(
      [...first.items, ...rest.items].map(({ name }) => name),
      ['high', 'low', 'imported'],
    );
    assert.deepEqual(await call(listIssues, {}, other), { items: [] });
  });

  it('are shown by traces, which a filter finds, until that is taken back', async () => {
    const { id } = await create({ name: 'shown' });
    const params = { id };
    for (const trace of ['tr-1', 'tr-2']) await aTrace(trace);
    for (const trace of ['tr-1', 'tr-2', 'tr-1'])
      await call(linkIssue, { params, body: { trace, rationale: 'see the first span' } });
    const tracesOf = async () =>
      (
        await call<{ items: readonly { id: string }[] }>(llmApi.listTraces, {
          query: { filter: `issue = '${id}'` },
        })
      ).items.map((trace) => trace.id);
    assert.deepEqual((await tracesOf()).sort(), ['tr-1', 'tr-2']);
    assert.equal((await call<LlmIssue>(getIssue, { params })).traces, 2);
    const { assessments } = await house.traces.head('ws_1', 'tr-1');
    assert.partialDeepStrictEqual(assessments, [
      { kind: 'issue', name: id, value: 'shown', sourceType: 'HUMAN', rationale: 'see the first span' },
    ]);
    for (const _ of [1, 2]) await call(unlinkIssue, { params: { id, trace: 'tr-1' } });
    assert.deepEqual(await tracesOf(), ['tr-2']);
    await assert.rejects(call(linkIssue, { params, body: { trace: 'tr-9' } }), { code: 'TRACE_NOT_FOUND' });
    await call(deleteIssue, { params });
    assert.deepEqual((await house.traces.head('ws_1', 'tr-2')).assessments, []);
    assert.deepEqual(await actions(id), [
      'llm.issue.created',
      'llm.issue.linked',
      'llm.issue.linked',
      'llm.issue.unlinked',
      'llm.issue.deleted',
    ]);
  });

  it('belong to living experiments and to one workspace', async () => {
    await assert.rejects(create({ experiment: 'exp_9' }), { code: 'EXPERIMENT_NOT_FOUND' });
    await assert.rejects(create({ experiment: 'exp_deleted' }), { code: 'EXPERIMENT_DELETED' });
    const { id } = await create({ name: 'ours' });
    const missing = { code: 'ISSUE_NOT_FOUND' };
    for (const [route, parts] of [
      [getIssue, { params: { id } }],
      [changeIssue, { params: { id }, body: {} }],
      [deleteIssue, { params: { id } }],
      [linkIssue, { params: { id }, body: { trace: 'tr-1' } }],
      [unlinkIssue, { params: { id, trace: 'tr-1' } }],
    ] as const)
      await assert.rejects(call(route, parts, other), missing, route.id);
  });

  it('are imported under their ids and times, none twice and none of another workspace', async () => {
    const items = [anImported({ id: 'iss-1' }), anImported({ id: 'iss-2', severity: 'medium' })];
    assert.deepEqual(await call(importsApi.issues, { body: { items } }), { added: 2 });
    assert.deepEqual(await call(importsApi.issues, { body: { items } }), { added: 0 });
    assert.partialDeepStrictEqual(await call(getIssue, { params: { id: 'iss-2' } }), {
      status: 'rejected',
      severity: 'medium',
      foundBy: 'rui',
      createdAt: 5,
      updatedAt: 6,
    });
    const taken = call(importsApi.issues, { body: { items } }, other);
    await assert.rejects(taken, { code: 'IMPORT_ID_TAKEN' });
    const lost = { items: [anImported({ id: 'iss-3', experimentId: 'exp_9' })] };
    await assert.rejects(call(importsApi.issues, { body: lost }), { code: 'EXPERIMENT_NOT_FOUND' });
  });
});

function anImported(given: object) {
  return {
    experimentId: 'exp_1',
    name: 'imported',
    description: '',
    status: 'rejected',
    userName: 'rui',
    createdAt: 5,
    updatedAt: 6,
    ...given,
  };
}
