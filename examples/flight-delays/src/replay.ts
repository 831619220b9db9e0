import type { Answered } from './answered.ts';
import type { LiveFlight } from './live-flight.ts';
import { names } from './story.ts';

export interface ReplayOptions {
  readonly servingUrl: string;
  readonly key: string;
  /** Flights in one request. */
  readonly rowsPerRequest: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Ends the replay early. */
  readonly isOver?: () => boolean;
  readonly onAnswer?: (done: number) => void;
}

interface InferAnswer {
  readonly parameters: { readonly prediction_id: string; readonly arm?: string };
  readonly outputs: readonly { readonly name: string; readonly data: readonly number[] }[];
}

/** Sends departures to the endpoint over the Open Inference Protocol, in their order, and collects the answers. */
export async function replay(
  flights: readonly LiveFlight[],
  options: ReplayOptions,
): Promise<readonly Answered[]> {
  const answered: Answered[] = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < flights.length && !options.isOver?.()) {
      const batch = flights.slice(next, next + options.rowsPerRequest);
      next += batch.length;
      const answer = await infer(batch, options).catch((error: unknown) => {
        // A change that was taken back can leave nothing to answer with; the change says why, not the last request.
        if (options.isOver?.()) return undefined;
        throw error;
      });
      if (answer === undefined) return;
      const probabilities = answer.outputs.find((output) => output.name === 'probabilities')?.data ?? [];
      const classes = probabilities.length / batch.length;
      for (const [row, flight] of batch.entries()) {
        answered.push({
          predictionId: `${answer.parameters.prediction_id}-${row}`,
          flight,
          score: probabilities[row * classes + classes - 1] ?? Number.NaN,
          arm: answer.parameters.arm ?? 'primary',
        });
      }
      options.onAnswer?.(answered.length);
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, work));
  return answered;
}

/** Asks once, and again for a while when the endpoint says it cannot answer yet, as any careful client does. */
async function infer(batch: readonly LiveFlight[], options: ReplayOptions): Promise<InferAnswer> {
  for (let attempt = 1; ; attempt++) {
    const response = await ask(batch, options);
    const body = (await response.json()) as InferAnswer & { error?: string };
    if (response.ok) return body;
    if (response.status !== 503 || attempt === 50 || options.isOver?.())
      throw new Error(`the endpoint answered ${response.status}: ${body.error}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function ask(batch: readonly LiveFlight[], { servingUrl, key }: ReplayOptions): Promise<Response> {
  const featureNames = batch[0]?.featureNames ?? [];
  return fetch(`${servingUrl}/v2/models/${names.endpoint}/infer`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      parameters: {
        event_time: batch.map((flight) => flight.departure),
        entity_key: batch.map((flight) => `${flight.origin}-${flight.destination}`),
      },
      // JSON knows no NaN and says null instead, which is what a missing value is.
      inputs: featureNames.map((name, index) => ({
        name,
        datatype: 'FP64',
        shape: [batch.length],
        data: batch.map((flight) => flight.features[index]),
      })),
    }),
  });
}
