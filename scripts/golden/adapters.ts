import type { GoldenAdapter } from './check-case.ts';
import { metricsCases } from './metrics-cases.ts';
import { optunaTpeCases } from './optuna-tpe-cases.ts';
import { sequentialCases } from './sequential-cases.ts';
import { statisticsCases } from './statistics-cases.ts';

/** One adapter per golden set (the `set` of a file): method name to the call of our own code. */
export const goldenAdapters: Readonly<Record<string, GoldenAdapter>> = {
  metrics: metricsCases,
  optuna_tpe: optunaTpeCases,
  sequential: sequentialCases,
  statistics: statisticsCases,
};
