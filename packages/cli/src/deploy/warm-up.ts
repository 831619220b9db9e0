import { type ModelSignature, shapeOfOneRow } from '@esteira/contracts';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';

const said = [{ role: 'user', content: 'Hello!' }];
/** Every kind of agent takes it, and passes over what is another's. */
const greeting = JSON.stringify({ input: said, messages: said });

/** A request in the Open Inference Protocol with one row of the same number everywhere. */
export function exampleRequest({ inputs, features, python }: ModelSignature, value: number) {
  const text = python?.form === 'document' ? greeting : '';
  return {
    inputs: inputs.map(({ name, datatype, shape }) => {
      const own = features.filter(({ input }) => input === name).length;
      const full = shapeOfOneRow(shape, own);
      const size = full.reduce((product, dimension) => product * dimension, 1);
      const filler = datatype === 'BYTES' ? text : datatype === 'BOOL' ? value !== 0 : value;
      return { name, datatype, shape: full, data: Array.from({ length: size }, () => filler) };
    }),
  };
}

/**
 * Asks an endpoint by its public address until the version answers. A key and an endpoint that were made a moment ago may
 * not be known there yet. Throws WARM_UP_FAILED with the last answer.
 */
export async function warmUp(
  context: CommandContext,
  asked: {
    readonly url: string;
    readonly endpoint: string;
    readonly key: string;
    readonly version: number;
    readonly signature: ModelSignature;
    readonly timeoutMs: number;
  },
): Promise<void> {
  const url = `${asked.url}/v2/models/${encodeURIComponent(asked.endpoint)}/infer`;
  const deadline = context.now() + asked.timeoutMs;
  let last = 'it did not answer';
  for (let attempt = 0; context.now() < deadline; attempt++) {
    if (attempt > 0) await context.pause(Math.min(1_000, 50 * attempt));
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${asked.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(exampleRequest(asked.signature, attempt % 2)),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await answer.text();
      if (answer.status === 200 && versionOf(text) === String(asked.version)) return;
      last = `${answer.status}: ${text.slice(0, 500)}`;
    } catch (error) {
      last = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}`.trim() : String(error);
    }
  }
  throw new CommandError({
    code: 'WARM_UP_FAILED',
    what: `The endpoint ${asked.endpoint} did not answer a warm-up request at ${url}.`,
    why: last,
    todo: `look at: esteira endpoints show ${asked.endpoint}`,
  });
}

function versionOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { model_version?: string }).model_version;
  } catch {
    return undefined;
  }
}
