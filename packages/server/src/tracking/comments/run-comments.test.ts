import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runCommentsApi, trackingApi } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { ana } from '../tracking.fixture.ts';
import { openRoutes } from '../tracking-routes.fixture.ts';

const ben: RequestContext = { ...ana, actor: { ...ana.actor, id: 'usr_ben', name: 'Ben' } };
type Comment = { id: string; text: string; author: string; createdBy: string; editedAt?: number };
type Listing = { items: Comment[]; nextCursor?: string };

async function openRun() {
  const routes = await openRoutes();
  const { id } = await routes.call<{ id: string }>(trackingApi.startRun, {
    body: { experiment: 'flights', name: 'one' },
  });
  return { ...routes, params: { id } };
}

it('comments are listed with their authors, oldest first, page by page', async () => {
  const { call, params, close } = await openRun();
  for (const [text, context] of [
    ['first', ana],
    ['second', ben],
    ['third', ana],
  ] as const)
    await call(runCommentsApi.addComment, { params, body: { text } }, context);
  const first = await call<Listing>(runCommentsApi.listComments, { params, query: { limit: 2 } });
  const cursor = first.nextCursor;
  const second = await call<Listing>(runCommentsApi.listComments, { params, query: { limit: 2, cursor } });
  assert.deepEqual(
    [...first.items, ...second.items].map(({ text, author }) => [text, author]),
    [
      ['first', 'Ana'],
      ['second', 'Ben'],
      ['third', 'Ana'],
    ],
  );
  assert.equal(second.nextCursor, undefined);
  await close();
});

it('a comment is changed and deleted by its author alone, and all of it is on record', async () => {
  const { call, params, sql, close } = await openRun();
  const { id } = await call<Comment>(runCommentsApi.addComment, { params, body: { text: 'good' } });
  const own = { params: { id } };
  for (const change of [
    () => call(runCommentsApi.editComment, { ...own, body: { text: 'bad' } }, ben),
    () => call(runCommentsApi.deleteComment, own, ben),
  ])
    await assert.rejects(change(), { code: 'COMMENT_NOT_YOURS' });
  const edited = await call<Comment>(runCommentsApi.editComment, { ...own, body: { text: 'better' } });
  assert.equal(edited.text, 'better');
  assert.ok(edited.editedAt);
  await call(runCommentsApi.deleteComment, own);
  await assert.rejects(call(runCommentsApi.deleteComment, own), { code: 'COMMENT_NOT_FOUND' });
  assert.deepEqual((await call<Listing>(runCommentsApi.listComments, { params })).items, []);
  const rows = await sql
    .query<{ audit_entries: { id: string; entry: string } }>()
    .selectFrom('audit_entries')
    .select('entry')
    .orderBy('id')
    .execute();
  assert.deepEqual(
    rows
      .map(({ entry }) => (JSON.parse(entry) as { action: string }).action)
      .filter((action) => action.includes('comment')),
    ['tracking.comment.added', 'tracking.comment.edited', 'tracking.comment.deleted'],
  );
  await close();
});

it('nothing is said about a run that is not there or is deleted, nor heard in another workspace', async () => {
  const { call, params, close } = await openRun();
  const { id } = await call<Comment>(runCommentsApi.addComment, { params, body: { text: 'good' } });
  const stranger: RequestContext = { ...ana, workspace: 'ws_2' };
  await assert.rejects(call(runCommentsApi.listComments, { params }, stranger), { code: 'RUN_NOT_FOUND' });
  await assert.rejects(call(runCommentsApi.deleteComment, { params: { id } }, stranger), {
    code: 'COMMENT_NOT_FOUND',
  });
  await call(trackingApi.deleteRun, { params });
  for (const refused of [
    call(runCommentsApi.addComment, { params, body: { text: 'late' } }),
    call(runCommentsApi.deleteComment, { params: { id } }),
  ])
    await assert.rejects(refused, { code: 'RUN_DELETED' });
  assert.ok(!runCommentsApi.addComment.body.safeParse({ text: '  ' }).success);
  await close();
});
