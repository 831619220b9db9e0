import { z } from 'zod';
import { route } from './route.ts';

/** How much stored content is encrypted under which key. */
export const BlobKeyStatus = z.object({
  /** The key for what is stored from now on, as the server that answers knows it. */
  active: z.string(),
  /** Every key that something is encrypted under, or that this server has. */
  keys: z.array(
    z.object({
      id: z.string(),
      blobs: z.number().int(),
      /** This server has it. */
      available: z.boolean(),
    }),
  ),
  /** Blobs from before encryption was switched on, stored as they are. */
  plain: z.number().int(),
});
export type BlobKeyStatus = z.infer<typeof BlobKeyStatus>;

/** Operations on the keys that encrypt stored content; part of the room governance. */
export const blobKeysApi = {
  blobKeys: route({
    id: 'governance.blobKeys',
    method: 'GET',
    path: '/api/v1/blob-keys',
    access: 'blob-keys:read',
    summary: 'Counts how much stored content is encrypted under which key. Keys themselves are never sent.',
    response: BlobKeyStatus,
  }),
  rotateBlobKeys: route({
    id: 'governance.rotateBlobKeys',
    method: 'POST',
    path: '/api/v1/blob-keys/rotations',
    access: 'blob-keys:manage',
    summary:
      'Wraps the data keys of all content with the active key of the key file, which is read again first. Content itself is not touched, unless `encryptPlain`: then what is stored as it is is encrypted.',
    body: z.strictObject({ encryptPlain: z.boolean().default(false) }),
    response: z.object({ jobId: z.string() }),
    status: 202,
  }),
} as const;
