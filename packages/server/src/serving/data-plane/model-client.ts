import { Agent, request } from 'node:http';
import type { ModelSignature } from '@esteira/contracts';

/** The values of one row by feature. */
export type FeatureRow = ReadonlyMap<string, number | string | null>;

/** What a model server answered to one row. */
export interface ModelAnswer {
  readonly status: number;
  /** From sending to the last byte. */
  readonly ms: number;
  readonly score: number | undefined;
  readonly version: string | undefined;
  readonly arm: string | undefined;
  readonly fallback: boolean;
  readonly fallbackReason: string;
  readonly error: string;
}

/** Asks an endpoint over real HTTP. */
export interface ModelClient {
  ask(row: FeatureRow): Promise<ModelAnswer>;
  close(): void;
}

/** A client of one endpoint on kept-alive connections. Never rejects for an HTTP error; does for a broken connection. */
export function createModelClient(target: {
  httpUrl: string;
  endpoint: string;
  key: string;
  signature: ModelSignature;
}): ModelClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const url = new URL(`/v2/models/${encodeURIComponent(target.endpoint)}/infer`, target.httpUrl);
  const headers = { authorization: `Bearer ${target.key}`, 'content-type': 'application/json' };

  return {
    ask(row) {
      const body = Buffer.from(JSON.stringify({ inputs: toInputs(target.signature, row) }));
      return new Promise((resolve, reject) => {
        const started = performance.now();
        const sent = request(
          url,
          { method: 'POST', agent, headers: { ...headers, 'content-length': body.length }, timeout: 30_000 },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () => {
              const ms = performance.now() - started;
              resolve(
                readAnswer(
                  response.statusCode ?? 0,
                  ms,
                  Buffer.concat(chunks).toString('utf8'),
                  target.signature,
                ),
              );
            });
          },
        );
        sent.on('timeout', () => sent.destroy(new Error('The model server did not answer within 30 s.')));
        sent.on('error', reject);
        sent.end(body);
      });
    },
    close: () => agent.destroy(),
  };
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
