import { z } from 'zod';
import { Name, Timestamp } from './primitives.ts';
import { route } from './route.ts';

export const CostKind = z.enum(['training', 'tuning', 'serving', 'storage', 'pipeline']);
export type CostKind = z.infer<typeof CostKind>;

const Totals = z.object({ cpuSeconds: z.number(), bytes: z.number(), amount: z.number() });

/** Amounts are computed with the rate in force when the cost was recorded. Days are UTC, `2026-03-01`. */
export const CostReport = z.object({
  currency: z.string(),
  rates: z.object({ pricePerCpuHour: z.number(), pricePerGigabyteMonth: z.number() }),
  total: Totals,
  byKind: z.array(Totals.extend({ kind: CostKind })),
  byProject: z.array(Totals.extend({ project: Name.nullable() })),
  byDay: z.array(Totals.extend({ day: z.string() })),
});

export const costsApi = {
  costs: route({
    id: 'governance.costs',
    method: 'GET',
    path: '/api/v1/costs',
    access: 'projects:read',
    summary: 'Sums the recorded compute and storage cost by kind, project and day.',
    query: z.object({
      project: Name.optional(),
      from: z.coerce.number().int().optional(),
      to: z.coerce.number().int().optional(),
    }),
    response: CostReport,
  }),
  costRecords: route({
    id: 'governance.costRecords',
    method: 'GET',
    path: '/api/v1/costs/records',
    access: 'projects:read',
    summary: 'Lists single cost records, newest first.',
    query: z.object({
      project: Name.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    response: z.object({
      items: z.array(
        Totals.extend({
          id: z.string(),
          kind: CostKind,
          project: Name.nullable(),
          subject: z.object({ kind: z.string(), id: z.string() }),
          at: Timestamp,
        }),
      ),
    }),
  }),
} as const;
