import type { Wire } from '../kernel/wire-route.ts';
import { createMlflowWire, type MlflowDeps } from './mlflow/mlflow-wire.ts';
import { createOtlpWire, type OtlpDeps } from './otlp/otlp-wire.ts';

export { createExperimentIds } from './experiment-ids.ts';
export { tellWebhooks } from './mlflow/webhooks/tell-webhooks.ts';

/** The foreign protocols that this control plane speaks. */
export function createProtocols(deps: MlflowDeps & OtlpDeps): { readonly wires: readonly Wire[] } {
  return { wires: [createMlflowWire(deps), createOtlpWire(deps)] };
}
