import { z } from 'zod';

/** Types of columns and parameters, by the names of MLflow's signatures. */
export const ColumnType = z.enum([
  'boolean',
  'integer',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'datetime',
]);
export type ColumnType = z.infer<typeof ColumnType>;

/**
 * A column as callers name it, and where its values stand in the graph. As a number, a datetime is nanoseconds since 1970
 * (UTC); in an input of texts it is the text that was sent. Binary is base64 of UTF-8.
 */
export const CallColumn = z.object({
  name: z.string().min(1),
  type: ColumnType,
  /** False: it may be left out, and is missing then. */
  required: z.boolean(),
  /** The graph input that holds it, and its first place in a row of that. */
  input: z.string().min(1),
  index: z.number().int().min(0),
  /** Each row has a list of that many values in the column; absent: one value. */
  width: z.number().int().min(1).optional(),
});
export type CallColumn = z.infer<typeof CallColumn>;

/** A whole tensor; without a name where it is the only one. Data types are numpy's. */
export const CallTensor = z.object({
  name: z.string().nullable(),
  dtype: z.string().min(1),
  shape: z.array(z.number().int().min(-1)).min(1),
  input: z.string().min(1),
});
export type CallTensor = z.infer<typeof CallTensor>;

export const CallParam = z.object({
  name: z.string().min(1),
  type: ColumnType,
  default: z.unknown(),
  /** `[-1]`: a list of values. */
  shape: z.array(z.number().int()).nullable().default(null),
});
export type CallParam = z.infer<typeof CallParam>;

/**
 * What a caller sends and gets who knows the model's own words and not its graph: named columns or tensors in, some of the
 * graph's outputs back. In `signature.json` of the bundle; a model without one is called by its features.
 */
export const CallSignature = z.object({
  takes: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('columns'), columns: z.array(CallColumn).min(1) }),
    z.object({ kind: z.literal('tensors'), tensors: z.array(CallTensor).min(1) }),
  ]),
  params: z.array(CallParam),
  /** The outputs that answer. `bare`: one output, whose values come without its name. */
  gives: z.object({ outputs: z.array(z.string()).min(1), bare: z.boolean() }),
});
export type CallSignature = z.infer<typeof CallSignature>;
