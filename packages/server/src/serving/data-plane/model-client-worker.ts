import type { ModelSignature } from '@esteira/contracts';
import { serveComputeWorker } from '../../kernel/serve-compute-worker.ts';
import type { HttpAnswer } from '../trials/answer-reader.ts';
import { type KeptConnections, keepConnections, prepareRequest } from '../trials/kept-connections.ts';
import { runOpenLoop } from '../trials/open-loop.ts';
import type { FeatureRow, LoadOutcome, ModelAnswer, ModelClientTarget } from './model-client.ts';

/** Requests that were due and have no answer: a bound of what this thread holds, beyond which they end as `NOT_SENT`. */
const mostWaiting = 50_000;
const connections = new Map<string, KeptConnections>();

serveComputeWorker(
  {
    async ask(input) {
      const { target, row } = input as { target: ModelClientTarget; row: FeatureRow };
      return { result: await ask(target, row) };
    },
    async load(input) {
      return { result: await load(input as LoadQuestion) };
    },
  },
  { together: true },
);

interface LoadQuestion {
  readonly target: ModelClientTarget;
  readonly rows: readonly FeatureRow[];
  readonly ratePerSecond: number;
  readonly seconds: number;
}

async function load({ target, rows, ratePerSecond, seconds }: LoadQuestion): Promise<LoadOutcome> {
  const times: number[] = [];
  const problems: Record<string, number> = {};
  const requests = (rows.length === 0 ? [new Map()] : rows).map((row) => prepare(target, row));
  const server = connectionsTo(target);
  await runOpenLoop({
    ratePerSecond,
    seconds,
    mostWaiting,
    async send(index) {
      try {
        return problemOf(await server.send(requests[index % requests.length] ?? Buffer.alloc(0)), target);
      } catch {
        return 'CONNECTION_BROKEN';
      }
    },
    onEnd({ ms, problem }) {
      times.push(ms);
      if (problem !== undefined) problems[problem] = (problems[problem] ?? 0) + 1;
    },
  });
  return { times: Float64Array.from(times).sort(), problems };
}

/** Undefined when the model has answered, which is told without reading the whole of every answer. */
function problemOf({ status, text }: HttpAnswer, { signature }: ModelClientTarget): string | undefined {
  if (status === 200 && !text.includes('"fallback"')) return undefined;
  const { code, fallback, fallbackReason } = readAnswer(status, 0, text, signature);
  if (status !== 200) return code ?? `HTTP_${status}`;
  return fallback ? fallbackReason : undefined;
}

async function ask(target: ModelClientTarget, row: FeatureRow): Promise<ModelAnswer> {
  const request = prepare(target, row);
  const started = performance.now();
  const { status, text } = await connectionsTo(target).send(request);
  return readAnswer(status, performance.now() - started, text, target.signature);
}

function connectionsTo({ httpUrl }: ModelClientTarget): KeptConnections {
  const known = connections.get(httpUrl) ?? keepConnections(new URL(httpUrl), { most: 64 });
  connections.set(httpUrl, known);
  return known;
}

function prepare({ httpUrl, endpoint, key, signature }: ModelClientTarget, row: FeatureRow): Buffer {
  const url = new URL(`/v2/models/${encodeURIComponent(endpoint)}/infer`, httpUrl);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return prepareRequest(url, headers, JSON.stringify({ inputs: toInputs(signature, row) }));
}

function toInputs(signature: ModelSignature, row: FeatureRow): unknown[] {
  return signature.features.map((feature) => ({
    name: feature.name,
    shape: [1],
    datatype: feature.type === 'text' ? 'BYTES' : 'FP64',
    data: [row.get(feature.name) ?? (feature.type === 'text' ? '' : null)],
  }));
}

interface AnswerBody {
  readonly error?: string;
  readonly code?: string;
  readonly model_version?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly outputs?: readonly { readonly name: string; readonly data: readonly unknown[] }[];
}

function readAnswer(status: number, ms: number, text: string, signature: ModelSignature): ModelAnswer {
  const body = JSON.parse(text) as AnswerBody;
  const score = body.outputs?.find((output) => output.name === signature.score.output)?.data[
    signature.score.column
  ];
  const { arm, fallback, fallback_reason: reason } = body.parameters ?? {};
  return {
    status,
    ms,
    score: typeof score === 'number' ? score : undefined,
    version: body.model_version,
    arm: typeof arm === 'string' ? arm : undefined,
    fallback: fallback === true,
    fallbackReason: typeof reason === 'string' ? reason : '',
    error: body.error ?? '',
    code: body.code,
  };
}
