import type { ModelVersion } from '@esteira/contracts';
import type { MonitoredEndpoint, MonitoringDeps } from '../monitoring-deps.ts';

export interface LiveModel {
  readonly endpoint: MonitoredEndpoint;
  /** The version of the primary arm; undefined before the first, and while a rule answers. */
  readonly version: ModelVersion | undefined;
}

/** An endpoint with the model that is live on it; undefined when there is no such endpoint. */
export async function findLiveModel(
  deps: Pick<MonitoringDeps, 'serving' | 'registry'>,
  workspace: string,
  name: string,
): Promise<LiveModel | undefined> {
  const endpoint = await deps.serving.endpoint(workspace, name);
  if (!endpoint) return undefined;
  const primary = endpoint.desired.arms.find(({ role }) => role === 'primary')?.predictor;
  const version =
    primary?.kind === 'version'
      ? await deps.registry.findVersion(workspace, primary.modelVersionId)
      : undefined;
  return { endpoint, version };
}
