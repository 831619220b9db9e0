import { openRegistryFixture } from '../../../registry/registry.fixture.ts';
import { openMlflow } from '../mlflow.fixture.ts';
import { withFrozenFiles } from './frozen-files.ts';
import { registryWireRoutes } from './registry-wire-routes.ts';

export const base = '/api/2.0/mlflow';

export type Message = Readonly<Record<string, unknown>>;

/** The registry over the wire, beside its native routes. For tests. */
export async function openRegistryWire() {
  const house = await openRegistryFixture();
  const { artifacts } = house.tracking;
  const mlflow = await openMlflow(registryWireRoutes({ ...house, artifacts }), house.engineer);
  return {
    ...house,
    ...mlflow,
    artifacts: withFrozenFiles(artifacts, house.registry),
    async createModel(name: string, more: Message = {}) {
      await mlflow.call('POST', `${base}/registered-models/create`, { body: { name, ...more } });
    },
    /** A version of the folder `model` of a run. */
    async createVersion(name: string, runId: string, more: Message = {}): Promise<Message> {
      const body = { name, source: `runs:/${runId}/model`, run_id: runId, ...more };
      const { model_version } = await mlflow.call<{ model_version: Message }>(
        'POST',
        `${base}/model-versions/create`,
        { body },
      );
      return model_version;
    },
    async close() {
      await mlflow.close();
      await house.close();
    },
  };
}
