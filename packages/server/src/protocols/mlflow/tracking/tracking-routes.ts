import type { Clock } from '../../../kernel/clock.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { Tracking } from '../../../tracking/index.ts';
import { experimentRoutes } from './experiment-routes.ts';
import { logRoutes } from './log-routes.ts';
import { metricRoutes } from './metric-routes.ts';
import { runRoutes } from './run-routes.ts';

export interface TrackingWireDeps {
  readonly tracking: Tracking;
  readonly random: RandomSource;
  readonly clock: Clock;
}

/** Experiments, runs, and what is logged into them. */
export function trackingRoutes(deps: TrackingWireDeps): readonly WireRoute[] {
  return [...experimentRoutes(deps), ...runRoutes(deps), ...logRoutes(deps), ...metricRoutes(deps)];
}
