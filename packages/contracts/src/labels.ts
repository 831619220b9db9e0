import { z } from 'zod';
import { Name, Timestamp } from './primitives.ts';
import { route } from './route.ts';

export const NewLabel = z.strictObject({
  predictionId: z.string().min(1).max(256),
  /** A class of the model, or the true number. `true` and `false` stand for the classes 1 and 0. */
  label: z.union([z.number(), z.string().max(256), z.boolean()]),
  /** When it became known; the time of receipt unless given. */
  at: Timestamp.optional(),
});
export type NewLabel = z.infer<typeof NewLabel>;

export const LabelReceipt = z.object({
  received: z.number().int(),
  /** New labels. */
  stored: z.number().int(),
  /** Sent before with the same value: nothing to do. */
  repeated: z.number().int(),
  /** Sent before with another value: the new one counts. */
  corrected: z.number().int(),
  /** Of those stored or corrected: no such prediction is logged yet. They are kept, and joined when it is. */
  unknown: z.number().int(),
  /** Up to ten of the unknown ids. */
  unknownSample: z.array(z.string()),
});
export type LabelReceipt = z.infer<typeof LabelReceipt>;

export const LabelSummary = z.object({
  endpoint: Name,
  labels: z.number().int(),
  /** Labels whose prediction had not been logged when they were last looked at. */
  unknown: z.number().int(),
  batches: z.number().int(),
  firstReceivedAt: Timestamp.nullable(),
  lastReceivedAt: Timestamp.nullable(),
});

const ByEndpoint = z.object({ endpoint: Name });

export const labelsApi = {
  postLabels: route({
    id: 'monitoring.postLabels',
    method: 'POST',
    path: '/api/v1/labels/:endpoint',
    access: 'labels:write',
    summary: 'Takes the true outcomes of predictions, by prediction id; sending one again changes nothing.',
    params: ByEndpoint,
    body: z.strictObject({ labels: z.array(NewLabel).min(1).max(10_000) }),
    response: LabelReceipt,
  }),
  labels: route({
    id: 'monitoring.labels',
    method: 'GET',
    path: '/api/v1/labels/:endpoint',
    access: 'monitoring:read',
    summary: 'Counts the labels of an endpoint.',
    params: ByEndpoint,
    response: LabelSummary,
  }),
} as const;
