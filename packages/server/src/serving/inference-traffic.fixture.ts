import { featureNames } from './delays-training.fixture.ts';

/** Sends inference requests of one row and counts who answered. */
export async function sendTraffic(target: {
  url: string;
  endpoint: string;
  key: string;
  requests: number;
  from?: number;
  signal?: AbortSignal;
}) {
  const arms: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  const versions: Record<string, number> = {};
  for (let request = 0; request < target.requests; request++) {
    if (target.signal?.aborted) break;
    const at = (target.from ?? 0) + request;
    const answer = await ask(target, {
      data: [at % 10, (at * 3) % 10, (at * 7) % 10],
      parameters: { entity_key: `flight-${at}` },
    });
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const arm = String(answer.body.parameters?.arm ?? 'none');
    arms[arm] = (arms[arm] ?? 0) + 1;
    const version = answer.body.model_version ?? 'rule';
    versions[version] = (versions[version] ?? 0) + 1;
  }
  return { arms, statuses, versions };
}

interface Answered {
  readonly status: number;
  readonly body: {
    readonly error?: string;
    readonly code?: string;
    readonly model_version?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
  };
}

export async function ask(
  target: { url: string; endpoint: string; key: string },
  question: { data: readonly number[]; parameters?: Readonly<Record<string, unknown>> },
): Promise<Answered> {
  const answer = await fetch(`${target.url}/v2/models/${encodeURIComponent(target.endpoint)}/infer`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      parameters: question.parameters ?? {},
      inputs: [{ name: 'X', shape: [1, featureNames.length], datatype: 'FP32', data: question.data }],
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Answered['body'] };
}
