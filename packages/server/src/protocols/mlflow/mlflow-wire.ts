import type { Wire } from '../../kernel/wire-route.ts';
import { refuseAsMlflow } from './refuse-as-mlflow.ts';
import { serverRoutes } from './server/server-routes.ts';

/** What the protocol is mapped onto. */
export type MlflowDeps = Readonly<Record<never, never>>;

/** MLflow's REST API, as its client of `mlflowVersion` speaks it: https://mlflow.org/docs/latest/rest-api.html. */
export function createMlflowWire(_deps: MlflowDeps): Wire {
  return {
    name: 'mlflow',
    prefixes: ['/api/2.0/', '/api/3.0/', '/ajax-api/', '/v1/traces'],
    routes: [...serverRoutes()],
    refuse: refuseAsMlflow,
  };
}
