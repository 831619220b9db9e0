import { z } from 'zod';
import { ByName, Json } from './primitives.ts';
import { route } from './route.ts';

/** A column of the question form: what it holds, and something to put there. */
export const QuestionColumn = z.object({
  name: z.string(),
  /** `time`: ISO 8601; `list`: `width` values in a list. */
  type: z.enum(['number', 'integer', 'boolean', 'text', 'time', 'list']),
  /** False: it may be left out, or be null. */
  required: z.boolean(),
  width: z.number().int().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  /** Nothing else fits the endpoint's policies. */
  categories: z.array(z.union([z.string(), z.number()])).optional(),
  /** Texts that the stored examples hold there, at most 50. */
  seen: z.array(z.string()).optional(),
  /** Of the first example stored with the version; where there is none, of the column's range and type. */
  example: Json,
});
export type QuestionColumn = z.infer<typeof QuestionColumn>;

/** How an endpoint is asked by named columns. */
export const QuestionForm = z.object({
  /** Whose signature reads the question; null while nothing answers. */
  modelVersionId: z.string().nullable(),
  /** None where the model takes tensors. */
  columns: z.array(QuestionColumn),
});
export type QuestionForm = z.infer<typeof QuestionForm>;

/** What the model server said to a question of the platform: predictions, or its own error. */
export const EndpointAnswer = z.object({
  status: z.number().int(),
  /** From sending to the last byte, in ms. */
  ms: z.number(),
  /** The outputs by row; none where it refused. */
  predictions: z.array(Json),
  /** By row, as in the prediction log. */
  predictionIds: z.array(z.string()),
  /** Number of the version that answered; null for a rule, and where it refused. */
  version: z.string().nullable(),
  arm: z.string().nullable(),
  /** Why the fallback answered in its place. */
  fallbackReason: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type EndpointAnswer = z.infer<typeof EndpointAnswer>;

const maximumRows = 20;

/** Trying an endpoint without an inference key: part of the API of serving. */
export const endpointQuestionApi = {
  questionForm: route({
    id: 'serving.questionForm',
    method: 'GET',
    path: '/api/v1/endpoints/:name/question-form',
    access: 'serving:ask',
    summary: 'Shows the columns that an endpoint is asked by, with an example of each.',
    params: ByName,
    response: QuestionForm,
  }),
  ask: route({
    id: 'serving.ask',
    method: 'POST',
    path: '/api/v1/endpoints/:name/ask',
    access: 'serving:ask',
    summary:
      'Asks the live endpoint without an inference key; logged as a probe. Outside development it takes serving:write too.',
    params: ByName,
    body: z.strictObject({
      /** By column; what is null or left out is missing. */
      rows: z
        .array(z.record(z.string().max(1_000), Json))
        .min(1)
        .max(maximumRows),
    }),
    maximumBytes: 256 * 1024,
    response: EndpointAnswer,
  }),
};
