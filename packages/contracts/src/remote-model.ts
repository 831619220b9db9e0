import { z } from 'zod';

/** A model that answers elsewhere. What it takes and gives is in the signature that comes with it. */
export const RemoteModel = z.strictObject({
  kind: z.literal('remote'),
  /**
   * `open-inference`: any server of the Open Inference Protocol over REST. `openai`: chat completions; each row is a prompt,
   * answered by a text.
   */
  protocol: z.enum(['open-inference', 'openai']),
  /** The base, without the protocol's own path: `https://models.example`, `https://llm.example/v1`. */
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  /** Its name there, and its version where there are several. */
  model: z.string().min(1).max(256),
  version: z.string().min(1).max(256).exactOptional(),
  /** Name of the secret that it is asked with, as a Bearer token. */
  secret: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
    .exactOptional(),
  /** How long it may take, in ms; the endpoint's own limit holds as well. */
  timeoutMs: z.number().int().min(1).max(600_000).default(10_000),
});
export type RemoteModel = z.infer<typeof RemoteModel>;
