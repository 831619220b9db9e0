import { systemRandom } from '../../../kernel/random-source.ts';
import { openTracking } from '../../../tracking/tracking.fixture.ts';
import { openMlflow } from '../mlflow.fixture.ts';
import { trackingRoutes } from './tracking-routes.ts';

const base = '/api/2.0/mlflow';

export interface WireRun {
  readonly info: Readonly<Record<string, unknown>> & { readonly run_id: string; readonly run_name: string };
  readonly data: {
    readonly params?: readonly { readonly key: string; readonly value: string }[];
    readonly tags?: readonly { readonly key: string; readonly value: string }[];
    readonly metrics?: readonly { readonly key: string; readonly value: unknown; readonly step: number }[];
  };
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** The family on a house in memory. */
export async function openTrackingWire() {
  const house = await openTracking();
  const { tracking, clock } = house;
  const mlflow = await openMlflow(trackingRoutes({ tracking, clock, random: systemRandom }));
  const post = <R = Record<string, unknown>>(path: string, body: unknown) =>
    mlflow.call<R>('POST', `${base}${path}`, { body });

  return {
    ...house,
    ...mlflow,
    post,
    get: <R = Record<string, unknown>>(path: string) => mlflow.call<R>('GET', `${base}${path}`),
    refusedPost: (path: string, body: unknown) => mlflow.refused('POST', `${base}${path}`, { body }),
    refusedGet: (path: string) => mlflow.refused('GET', `${base}${path}`),
    async createExperiment(name: string, more: object = {}): Promise<string> {
      return (await post<{ experiment_id: string }>('/experiments/create', { name, ...more })).experiment_id;
    },
    async createRun(experiment_id: string, more: object = {}): Promise<WireRun> {
      return (await post<{ run: WireRun }>('/runs/create', { experiment_id, ...more })).run;
    },
    async getRun(id: string): Promise<WireRun> {
      return (await mlflow.call<{ run: WireRun }>('GET', `${base}/runs/get?run_id=${id}`)).run;
    },
    async close() {
      await mlflow.close();
      await house.close();
    },
  };
}
