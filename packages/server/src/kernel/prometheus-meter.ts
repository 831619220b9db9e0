import type { Logger } from './logger.ts';
import type { Meter, Reading } from './meter.ts';

/** A meter that Prometheus reads. */
export interface PrometheusMeter extends Meter {
  /** All metrics as text, in the format of `contentType`. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Gauges that the library names like counters. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
const readPatienceMs = 2_000;

/** Loads the client library, which a server without a scrape token never does. */
export async function createPrometheusMeter(deps: { logger: Logger }): Promise<PrometheusMeter> {
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = (await import('prom-client'))
    .default;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);

  return {
    active: true,
    contentType: registry.contentType,
    text: () => registry.metrics(),

    counter({ name, help, labels }) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] });
      return { add: (values, amount = 1) => counter.inc({ ...values }, amount) };
    },

    histogram({ name, help, labels, buckets }) {
      const histogram = new Histogram({
        name,
        help,
        labelNames: [...labels],
        buckets: [...buckets],
        registers: [registry],
      });
      return { observe: (values, value) => histogram.observe({ ...values }, value) };
    },

    gauge({ name, help, labels }, read) {
      const latest = patientReader(read);
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        async collect() {
          this.reset();
          try {
            for (const reading of await latest()) this.set({ ...reading.labels }, reading.value);
          } catch (error) {
            deps.logger.warn({ err: error, metric: name }, 'a metric could not be read');
          }
        },
      });
    },
  };
}

/** An engine that hangs is asked once, however often Prometheus comes by. */
function patientReader<L extends string>(
  read: () => Promise<readonly Reading<L>[]>,
): () => Promise<readonly Reading<L>[]> {
  let running: Promise<readonly Reading<L>[]> | undefined;
  return async () => {
    running ??= read().finally(() => {
      running = undefined;
    });
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('It was not read in time.')), readPatienceMs);
    try {
      return await Promise.race([running, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}
