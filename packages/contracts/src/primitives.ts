import { z } from 'zod';

/** Milliseconds since 1970-01-01T00:00Z. */
export const Timestamp = z.number().int();

/** Lower-case SHA-256 in hexadecimal, prefixed with the algorithm. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Name of a thing inside a workspace: letters, digits, dot, dash, underscore; starts with a letter or digit. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'letters, digits, dot, dash and underscore; 1 to 128 characters',
  );

/** Values that survive JSON. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
export const Json: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(Json), z.record(z.string(), Json)]),
);

/** Query part of every list: newest first, keyset paging by an opaque cursor. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(512).optional(),
});

/** A page of a list; `nextCursor` is absent on the last page. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().optional() });
}

export const ById = z.object({ id: z.string().min(1).max(128) });
export const ByName = z.object({ name: Name });

/** Points to a thing a pipeline step made, with the digest of its content. */
export const Reference = z.object({
  type: z.enum([
    'dataset-version',
    'split',
    'validation-run',
    'study',
    'trained-model',
    'evaluation',
    'model-version',
  ]),
  id: z.string(),
  digest: z.string(),
});
export type Reference = z.infer<typeof Reference>;

/** What a download may be asked with. */
export const DownloadQuery = z.object({
  /** Be sent (307) to the object storage for the bytes; where it cannot give them out, they come from here all the same. */
  redirect: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});
