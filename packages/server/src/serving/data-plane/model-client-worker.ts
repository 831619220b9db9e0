import { Agent, request } from 'node:http';
import type { ModelSignature } from '@esteira/contracts';
import { serveComputeWorker } from '../../kernel/serve-compute-worker.ts';
import type { FeatureRow, ModelAnswer, ModelClientTarget } from './model-client.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

serveComputeWorker(
  {
    async ask(input) {
      const { target, row } = input as { target: ModelClientTarget; row: FeatureRow };
      return { result: await ask(target, row) };
    },
  },
  { together: true },
);

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
  };
}
