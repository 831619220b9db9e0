import { z } from 'zod';
import {
  ControlPlaneAddress,
  DataPlaneSnapshot,
  DataPlaneStatus,
  KeySlices,
  KeySlicesRequest,
} from './data-plane.ts';
import { OnlineFeatures, OnlineQuestion } from './feature-store.ts';
import { Digest } from './primitives.ts';
import { route } from './route.ts';

/** What model servers ask of the control plane. */
export const dataPlaneApi = {
  snapshot: route({
    id: 'serving.snapshot',
    method: 'GET',
    path: '/api/v1/data-plane/snapshot',
    access: 'data-plane:sync',
    summary: 'Waits for a snapshot newer than a revision; null when none came in time.',
    query: z.object({ after: z.coerce.number().int().default(-1), source: z.string().max(64).optional() }),
    response: z.object({
      snapshot: DataPlaneSnapshot.nullable(),
      /** Whom the model server may turn to when its own server is away. */
      controlPlanes: z.array(ControlPlaneAddress).default([]),
    }),
  }),
  bundleFile: route({
    id: 'serving.bundleFile',
    method: 'GET',
    path: '/api/v1/data-plane/bundles/:digest/files/:file',
    access: 'data-plane:sync',
    summary: 'A file of a bundle that some endpoint serves.',
    params: z.object({ digest: Digest, file: z.string().min(1).max(255) }),
    response: 'stream',
  }),
  intake: route({
    id: 'serving.intake',
    method: 'POST',
    path: '/api/v1/data-plane/predictions',
    access: 'data-plane:sync',
    summary: 'Takes logged predictions that start at an offset; answers up to where everything has arrived.',
    query: z.object({
      source: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
      offset: z.coerce.number().int().min(0),
    }),
    body: 'stream',
    response: z.object({ acknowledged: z.number().int() }),
  }),
  onlineFeatures: route({
    id: 'serving.onlineFeatures',
    method: 'POST',
    path: '/api/v1/data-plane/online-features',
    access: 'data-plane:sync',
    summary: 'Reads the online values of entities for a model server.',
    body: OnlineQuestion,
    response: OnlineFeatures,
  }),
  keySlices: route({
    id: 'serving.keySlices',
    method: 'POST',
    path: '/api/v1/data-plane/key-slices',
    access: 'data-plane:sync',
    summary: 'Leases slices of the limits of inference keys to a model server.',
    body: KeySlicesRequest,
    response: KeySlices,
  }),
  dataPlaneStatus: route({
    id: 'serving.dataPlaneStatus',
    method: 'POST',
    path: '/api/v1/data-plane/status',
    access: 'data-plane:sync',
    summary: 'A model server says what it serves.',
    body: DataPlaneStatus,
    response: z.object({}),
  }),
};
