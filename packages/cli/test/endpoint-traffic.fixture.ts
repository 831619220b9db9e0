import { setTimeout as pause } from 'node:timers/promises';

/** What a stream of questions got so far. */
interface EndpointTraffic {
  /** One word per answer that was not 200: the status and what was said, or why none came. */
  readonly problems: string[];
  /** Ids of the rows that were answered. */
  readonly predictions: string[];
  /** Answers by model version. */
  readonly byVersion: Map<string, number>;
  /** Asks without a pause between from now on. */
  hurry(): void;
  /** Asks no more, and waits for the last answer. */
  stop(): Promise<void>;
}

/** Asks an endpoint of one data plane about one row after the other, leisurely, each another entity, until it is stopped. */
export function startTraffic(options: {
  readonly url: string;
  readonly endpoint: string;
  readonly key: string;
  readonly features: readonly string[];
  readonly rows: readonly (readonly (number | null)[])[];
  /** Names this stream's entities. */
  readonly name: string;
}): EndpointTraffic {
  const { url, endpoint, key, features, rows, name } = options;
  const traffic = {
    problems: [] as string[],
    predictions: [] as string[],
    byVersion: new Map<string, number>(),
  };
  let stopped = false;
  let pauseMs = 150;
  const asking = ask();

  async function ask(): Promise<void> {
    for (let number = 0; !stopped; number++, await pause(pauseMs)) {
      const row = rows[number % rows.length] ?? [];
      try {
        const answer = await fetch(`${url}/v2/models/${endpoint}/infer`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            parameters: { entity_key: `${name}-${number}` },
            inputs: features.map((feature, column) => ({
              name: feature,
              datatype: 'FP64',
              shape: [1],
              data: [row[column] ?? null],
            })),
          }),
        });
        note(answer.status, await answer.text());
      } catch (error) {
        traffic.problems.push(String(error));
      }
    }
  }

  function note(status: number, text: string): void {
    if (status !== 200) return void traffic.problems.push(`${status} ${text}`);
    const { model_version: version = 'none', parameters } = JSON.parse(text) as {
      model_version?: string;
      parameters: { prediction_id: string };
    };
    traffic.predictions.push(`${parameters.prediction_id}-0`);
    traffic.byVersion.set(version, (traffic.byVersion.get(version) ?? 0) + 1);
  }

  return {
    ...traffic,
    hurry() {
      pauseMs = 1;
    },
    async stop() {
      stopped = true;
      await asking;
    },
  };
}
