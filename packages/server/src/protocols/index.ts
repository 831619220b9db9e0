import type { Wire } from '../kernel/wire-route.ts';
import { createMlflowWire, type MlflowDeps } from './mlflow/mlflow-wire.ts';

/** The foreign protocols that this control plane speaks. */
export function createProtocols(deps: MlflowDeps): { readonly wires: readonly Wire[] } {
  return { wires: [createMlflowWire(deps)] };
}
