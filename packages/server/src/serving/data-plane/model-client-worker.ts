import { Agent, request } from 'node:http';
import type { ModelSignature } from '@esteira/contracts';
import { serveComputeWorker } from '../../kernel/serve-compute-worker.ts';
import { runOpenLoop } from '../trials/open-loop.ts';
import type { FeatureRow, LoadOutcome, ModelAnswer, ModelClientTarget } from './model-client.ts';

/** Beyond so many a server is overloaded; more of them would measure this thread. */
const mostWaiting = 2_000;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

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
  await runOpenLoop({
    ratePerSecond,
    seconds,
    mostWaiting,
    async send(index) {
      try {
        const answer = await ask(target, rows[index % rows.length] ?? new Map());
        if (answer.status !== 200) return answer.code ?? `HTTP_${answer.status}`;
        return answer.fallback ? answer.fallbackReason : undefined;
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

function ask(
  { httpUrl, endpoint, key, signature }: ModelClientTarget,
  row: FeatureRow,
): Promise<ModelAnswer> {
  const url = new URL(`/v2/models/${encodeURIComponent(endpoint)}/infer`, httpUrl);
  const body = Buffer.from(JSON.stringify({ inputs: toInputs(signature, row) }));
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const sent = request(url, { method: 'POST', agent, headers, timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const ms = performance.now() - started;
        const text = Buffer.concat(chunks).toString('utf8');
        resolve(readAnswer(response.statusCode ?? 0, ms, text, signature));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error('The model server did not answer within 30 s.')));
    sent.on('error', reject);
    sent.end(body);
  });
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
