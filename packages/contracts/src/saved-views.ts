import { z } from 'zod';
import { ById, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';
import { runStatuses } from './tracking.ts';

/** What a page of runs is asked with: the same words stand in its address. */
export const RunListQuestion = z.strictObject({
  experiment: z.string().max(500).optional(),
  status: z.enum(runStatuses).optional(),
  filter: z.string().max(4000).optional(),
  /** Words that are searched for. */
  text: z.string().max(500).optional(),
  /** As `orderBy` of a search. */
  order: z.string().max(300).optional(),
  /** Field by which runs are grouped. */
  group: z.string().max(300).optional(),
  /** Columns from the left; those of the page's own choice unless given. */
  columns: z
    .array(
      z.strictObject({
        /** As filters write it. */
        field: z.string().min(1).max(300),
        /** Pixels. */
        width: z.number().int().min(40).max(2000).optional(),
        pinned: z.boolean().optional(),
      }),
    )
    .max(200)
    .optional(),
});
export type RunListQuestion = z.infer<typeof RunListQuestion>;

export const SavedView = z.object({
  id: z.string(),
  name: z.string(),
  project: z.string().optional(),
  /** Seen by everybody who sees the project's runs; by its owner alone otherwise. */
  shared: z.boolean(),
  question: RunListQuestion,
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type SavedView = z.infer<typeof SavedView>;

const ViewName = z.string().trim().min(1).max(200);

/** Views of lists of runs, kept under a name. */
export const savedViewsApi = {
  listSavedViews: route({
    id: 'tracking.listSavedViews',
    method: 'GET',
    path: '/api/v1/run-views',
    access: 'tracking:read',
    summary: 'Lists saved views of runs by name: the own ones, and those shared.',
    query: PageQuery.extend({
      /** Of a project, and those of none; all unless given. */
      project: Name.optional(),
    }),
    response: pageOf(SavedView),
  }),
  saveView: route({
    id: 'tracking.saveView',
    method: 'POST',
    path: '/api/v1/run-views',
    access: 'tracking:write',
    summary: 'Saves a view of runs under a name.',
    body: z.object({
      name: ViewName,
      project: Name.optional(),
      shared: z.boolean().default(false),
      question: RunListQuestion,
    }),
    response: SavedView,
    status: 201,
  }),
  updateSavedView: route({
    id: 'tracking.updateSavedView',
    method: 'PATCH',
    path: '/api/v1/run-views/:id',
    access: 'tracking:write',
    summary: 'Renames a saved view of one’s own, shares it, or lets it show something else.',
    params: ById,
    body: z.object({
      name: ViewName.optional(),
      shared: z.boolean().optional(),
      question: RunListQuestion.optional(),
    }),
    response: SavedView,
  }),
  deleteSavedView: route({
    id: 'tracking.deleteSavedView',
    method: 'DELETE',
    path: '/api/v1/run-views/:id',
    access: 'tracking:write',
    summary: 'Deletes a saved view of one’s own.',
    params: ById,
    response: z.object({}),
  }),
} as const;
