import type { EsteiraClient } from '@esteira/sdk';
import { ownerToken } from './installation.fixture.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly error?: string;
    readonly code?: string;
    readonly instance?: string;
    readonly outputs?: readonly { readonly name: string; readonly data: readonly number[] }[];
  };
}

/** An endpoint of stage development that serves a version, and a key to it. */
export interface ServedEndpoint {
  readonly name: string;
  readonly url: string;
  readonly key: string;
  readonly ownerToken: string;
  readonly features: readonly string[];
  /** Asks about one row, a column of its own for each feature. */
  infer(names: readonly string[], values: readonly (number | null)[]): Promise<Answer>;
  post(body: string): Promise<Answer>;
  until(ask: () => Promise<boolean>): Promise<void>;
}

export async function openLateFlightsEndpoint(
  client: EsteiraClient,
  modelVersionId: string,
): Promise<ServedEndpoint> {
  const name = 'late-flights-dev';
  const params = { name };
  await client.serving.createEndpoint({
    body: { name, project: 'late-flights', stage: 'development', model: 'late-flights' },
  });
  const { key } = await client.serving.createKey({
    params,
    body: { name: 'test', requestsPerSecond: 10_000, burst: 10_000 },
  });
  const change = await client.governance.requestChange({
    body: {
      kind: 'serving.promote',
      subject: {
        endpoint: name,
        modelVersionId,
        stage: 'development',
        rollout: { shadowRequests: 0, canaryShares: [], requestsPerStep: 10, maxMinutes: 1 },
      },
    },
  });
  if (change.state !== 'approved') throw new Error(`${change.state}: ${change.reason}`);
  await client.governance.applyChange({ params: { id: change.id } });
  await until(async () => {
    const { state, reason } = await client.governance.change({ params: { id: change.id } });
    if (['failed', 'rolled-back', 'cancelled'].includes(state)) throw new Error(`${state}: ${reason}`);
    return state === 'succeeded';
  });
  const { served } = await client.serving.endpoint({ params });
  const { features } = await client.registry
    .versionById({ params: { id: modelVersionId } })
    .then(({ signature }) => ({ features: signature?.features.map((feature) => feature.name) ?? [] }));
  const url = served?.httpUrl ?? '';

  async function post(body: string): Promise<Answer> {
    const answer = await fetch(`${url}/v2/models/${name}/infer`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
    });
    const text = await answer.text();
    return { status: answer.status, text, body: JSON.parse(text) as Answer['body'] };
  }

  return {
    name,
    url,
    key,
    ownerToken,
    features,
    post,
    infer(names, values) {
      const inputs = names.map((column, index) => ({
        name: column,
        datatype: 'FP64',
        shape: [1],
        data: [values[index] ?? null],
      }));
      return post(JSON.stringify({ inputs }));
    },
    until,
  };
}

async function until(ask: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('waited 20 s in vain');
}
