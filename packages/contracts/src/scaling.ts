import { z } from 'zod';
import { route } from './route.ts';

/** What a machine of the data plane may carry before another is wanted, and how many there may be. */
export const ScalingTargets = z.object({
  /** Share of the time that its processes work. */
  utilization: z.coerce.number().gt(0).max(1).default(0.6),
  /** Requests that are being answered at once, on each machine. */
  concurrency: z.coerce.number().int().min(1).default(64),
  /** Questions that wait for a model, on each machine. */
  queue: z.coerce.number().int().min(1).default(16),
  minimum: z.coerce.number().int().min(0).default(1),
  maximum: z.coerce.number().int().min(1).default(100),
});
export type ScalingTargets = z.output<typeof ScalingTargets>;

export const ScalingSignal = z.object({
  desiredReplicas: z.number().int(),
  /** Machines that live, and the processes on them. */
  replicas: z.number().int(),
  processes: z.number().int(),
  utilization: z.number(),
  running: z.number().int(),
  waiting: z.number().int(),
  /** What decided it. */
  because: z.enum(['utilization', 'concurrency', 'queue', 'bounds']),
});
export type ScalingSignal = z.infer<typeof ScalingSignal>;

export const scalingApi = {
  scaling: route({
    id: 'serving.scaling',
    method: 'GET',
    path: '/api/v1/data-plane/scaling',
    access: 'serving:read',
    summary: 'Says how many machines the model servers of the workspace want, for an autoscaler.',
    query: ScalingTargets,
    response: ScalingSignal,
  }),
};
