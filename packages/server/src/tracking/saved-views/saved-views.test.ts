import assert from 'node:assert/strict';
import { it } from 'node:test';
import { savedViewsApi } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { ana } from '../tracking.fixture.ts';
import { openRoutes } from '../tracking-routes.fixture.ts';

const ben: RequestContext = { ...ana, actor: { ...ana.actor, id: 'usr_ben', name: 'Ben' } };
type View = { id: string; name: string; shared: boolean; question: object };
type Listing = { items: View[]; nextCursor?: string };

const question = {
  experiment: 'flights',
  filter: 'metrics.auc > 0.5',
  order: 'params.depth desc',
  group: 'params.trainer',
  columns: [
    { field: 'name', pinned: true },
    { field: 'metrics.`a b`', width: 120 },
  ],
};

it('a view is kept for its owner until it is shared, and others leave it as it is', async () => {
  const { call, close } = await openRoutes();
  const seenBy = async (context: RequestContext) =>
    (await call<Listing>(savedViewsApi.listSavedViews, {}, context)).items.map(({ name }) => name);
  const saved = await call<View>(savedViewsApi.saveView, { body: { name: 'Best', question } });
  assert.deepEqual(saved.question, question);
  assert.deepEqual([await seenBy(ana), await seenBy(ben)], [['Best'], []]);
  const params = { id: saved.id };
  await assert.rejects(call(savedViewsApi.deleteSavedView, { params }, ben), {
    code: 'SAVED_VIEW_NOT_FOUND',
  });
  await call(savedViewsApi.updateSavedView, { params, body: { shared: true } });
  assert.deepEqual(await seenBy(ben), ['Best']);
  for (const change of [
    () => call(savedViewsApi.deleteSavedView, { params }, ben),
    () => call(savedViewsApi.updateSavedView, { params, body: { name: 'Mine' } }, ben),
  ])
    await assert.rejects(change(), { code: 'SAVED_VIEW_NOT_YOURS' });
  await call(savedViewsApi.deleteSavedView, { params });
  assert.deepEqual([await seenBy(ana), await seenBy(ben)], [[], []]);
  await assert.rejects(call(savedViewsApi.deleteSavedView, { params }), { code: 'SAVED_VIEW_NOT_FOUND' });
  await close();
});

it('names are unique among the views of a person in a project', async () => {
  const { call, close } = await openRoutes();
  const body = { name: 'Best', project: 'delays', question: {} };
  const first = await call<View>(savedViewsApi.saveView, { body });
  await assert.rejects(call(savedViewsApi.saveView, { body }), { code: 'SAVED_VIEW_EXISTS' });
  await call(savedViewsApi.saveView, { body: { ...body, project: 'churn' } });
  await call(savedViewsApi.saveView, { body }, ben);
  const other = await call<View>(savedViewsApi.saveView, { body: { ...body, name: 'Worst' } });
  const params = { id: other.id };
  await assert.rejects(call(savedViewsApi.updateSavedView, { params, body: { name: 'Best' } }), {
    code: 'SAVED_VIEW_EXISTS',
  });
  const renamed = await call<View>(savedViewsApi.updateSavedView, { params, body: { name: 'Least' } });
  assert.equal(renamed.name, 'Least');
  const listed = await call<Listing>(savedViewsApi.listSavedViews, {
    query: { project: 'delays', limit: 1 },
  });
  assert.deepEqual(
    listed.items.map(({ id }) => id),
    [first.id],
  );
  const next = await call<Listing>(savedViewsApi.listSavedViews, {
    query: { project: 'delays', limit: 1, cursor: listed.nextCursor },
  });
  assert.deepEqual([next.items.map(({ name }) => name), next.nextCursor], [['Least'], undefined]);
  await close();
});

it('a question that nobody could ask is not kept', async () => {
  const { call, close } = await openRoutes();
  for (const wrong of [
    { filter: 'metrics.auc >' },
    { order: 'metrics.auc sideways' },
    { group: 'nothing' },
    { columns: [{ field: 'colour' }] },
  ])
    await assert.rejects(call(savedViewsApi.saveView, { body: { name: 'x', question: wrong } }), {
      code: 'RUN_FILTER_INVALID',
    });
  assert.ok(!savedViewsApi.saveView.body.safeParse({ name: 'x', question: { unknown: 1 } }).success);
  await close();
});
