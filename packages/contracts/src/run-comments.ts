import { z } from 'zod';
import { ById, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

export const RunComment = z.object({
  id: z.string(),
  runId: z.string(),
  /** Markdown. */
  text: z.string(),
  createdBy: z.string(),
  /** The name of the author when it was written. */
  author: z.string(),
  createdAt: Timestamp,
  /** When its text was changed last; absent where it never was. */
  editedAt: Timestamp.optional(),
});
export type RunComment = z.infer<typeof RunComment>;

const CommentText = z.string().trim().min(1).max(20_000);

/** What people say about a run. */
export const runCommentsApi = {
  listComments: route({
    id: 'tracking.listComments',
    method: 'GET',
    path: '/api/v1/runs/:id/comments',
    access: 'tracking:read',
    summary: 'Lists the comments on a run, oldest first.',
    params: ById,
    query: PageQuery,
    response: pageOf(RunComment),
  }),
  addComment: route({
    id: 'tracking.addComment',
    method: 'POST',
    path: '/api/v1/runs/:id/comments',
    access: 'tracking:write',
    summary: 'Comments on a run.',
    params: ById,
    body: z.object({ text: CommentText }),
    response: RunComment,
    status: 201,
  }),
  editComment: route({
    id: 'tracking.editComment',
    method: 'PATCH',
    path: '/api/v1/run-comments/:id',
    access: 'tracking:write',
    summary: 'Changes the text of a comment of one’s own.',
    params: ById,
    body: z.object({ text: CommentText }),
    response: RunComment,
  }),
  deleteComment: route({
    id: 'tracking.deleteComment',
    method: 'DELETE',
    path: '/api/v1/run-comments/:id',
    access: 'tracking:write',
    summary: 'Deletes a comment of one’s own.',
    params: ById,
    response: z.object({}),
  }),
} as const;
