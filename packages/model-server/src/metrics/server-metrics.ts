import { latencyBucket, latencyBucketBound } from '@esteira/contracts/data-plane';
import { type EndpointState, stepTimesOf, sumOfRunners } from '../engine/endpoint-state.ts';
import type { PredictionSpool } from '../log/prediction-spool.ts';
import type { Traffic } from '../protocol/traffic.ts';
import type { ServedEndpoints } from '../sync/apply-snapshot.ts';
import { type MetricFamily, writeMetrics } from './metrics-text.ts';

export interface ServerMetricsDeps {
  readonly endpoints: ServedEndpoints;
  readonly spool: PredictionSpool;
  readonly traffic: Traffic;
  readonly ready: () => boolean;
  readonly revision: () => number;
  readonly startedAt: number;
  /** Share of the time that the process worked lately. */
  readonly utilization: () => number;
  /** Seconds for which the event loop kept everybody waiting at the most, lately. */
  readonly longestDelay: () => number;
  /** The number of the process, where several share a port. */
  readonly process?: number | undefined;
}

/** Milliseconds; each is rounded up to the bound of the counter's bucket it falls in, so that no count is a guess. */
const latencyBoundsMs = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000].map(latencyBucket);

/**
 * The numbers of a model server as text. Everything is read from counters that predictions keep anyway, when somebody asks:
 * a prediction costs nothing more for being measured.
 */
export function readServerMetrics(deps: ServerMetricsDeps): string {
  const { spool, traffic } = deps;
  const usage = process.cpuUsage();
  const families = [
    ...endpointFamilies(deps.endpoints.all()),
    {
      name: 'esteira_inference_errors_total',
      help: 'Requests answered with an error, by its code.',
      type: 'counter' as const,
      samples: [...traffic.refusals()].map(([code, value]) => ({ labels: { code }, value })),
    },
    gauge('esteira_inference_requests_running', 'Requests that are being answered.', traffic.running()),
    counter(
      'esteira_prediction_log_written_bytes_total',
      'Bytes of prediction log written since the log was begun.',
      spool.end(),
    ),
    gauge(
      'esteira_prediction_log_waiting_bytes',
      'Bytes of prediction log that the control plane has not taken over yet.',
      spool.end() - spool.acknowledged(),
    ),
    gauge(
      'esteira_prediction_log_lag_seconds',
      'Time since the control plane had last taken over all of the prediction log.',
      spool.behindMs() / 1000,
    ),
    gauge('esteira_prediction_log_writable', 'Whether predictions can be logged.', Number(spool.writable())),
    gauge(
      'esteira_serving_utilization_ratio',
      'Share of the time the process worked lately: the signal to scale by.',
      deps.utilization(),
    ),
    gauge(
      'esteira_event_loop_longest_delay_seconds',
      'Longest time of the last one to two minutes for which the thread that answers answered nobody.',
      deps.longestDelay(),
    ),
    gauge('esteira_model_server_ready', 'Whether the server answers predictions.', Number(deps.ready())),
    gauge('esteira_snapshot_revision', 'Revision of the endpoints that are served.', deps.revision()),
    counter('process_cpu_seconds_total', 'Processor time of the process.', (usage.user + usage.system) / 1e6),
    gauge('process_resident_memory_bytes', 'Resident memory of the process.', process.memoryUsage.rss()),
    gauge(
      'process_start_time_seconds',
      'When the process started, in seconds since 1970.',
      deps.startedAt / 1000,
    ),
  ];
  return writeMetrics(families, deps.process === undefined ? {} : { process: String(deps.process) });
}

function endpointFamilies(states: readonly EndpointState[]): readonly MetricFamily[] {
  const requests = family(
    'esteira_inference_requests_total',
    'Answers of an arm, by how it came to them.',
    'counter',
  );
  const rows = family('esteira_inference_rows_total', 'Rows an arm answered.', 'counter');
  const seconds = family(
    'esteira_inference_request_duration_seconds',
    'Time from the request to its answer, by arm.',
    'histogram',
  );
  const dropped = family(
    'esteira_shadow_requests_dropped_total',
    'Copies for the shadow that were not made or failed.',
    'counter',
  );
  const waiting = family(
    'esteira_model_queue_requests',
    'Questions that wait for the thread of a model.',
    'gauge',
  );
  const memory = family(
    'esteira_model_memory_bytes',
    'Resident memory of the processes that run the models of an endpoint.',
    'gauge',
  );
  const policies = family(
    'esteira_request_policy_values_total',
    'Values of requests that a policy of the endpoint changed, by feature.',
    'counter',
  );
  const missed = family(
    'esteira_online_features_missed_total',
    'Online features of entities that were not there, empty, or older than their view lets them be, by feature and status.',
    'counter',
  );
  const cached = family(
    'esteira_inference_cached_total',
    'Answers for which the model was not asked, for an equal question had been answered.',
    'counter',
  );
  const cacheBytes = family('esteira_response_cache_bytes', 'What the answers that are kept take.', 'gauge');
  const stepRuns = family(
    'esteira_pipeline_step_runs_total',
    'Requests in which a step of a pipeline ran, by version and step.',
    'counter',
  );
  const stepSeconds = family(
    'esteira_pipeline_step_seconds_total',
    'Time that a step of a pipeline took, without the wait for other steps, by version and step.',
    'counter',
  );
  for (const state of states) {
    const endpoint = state.document.name;
    for (const { bundle, step, runs, ms } of stepTimesOf(state)) {
      const labels = { endpoint, version: String(bundle.version), step };
      stepRuns.samples.push({ labels, value: runs });
      stepSeconds.samples.push({ labels, value: ms / 1000 });
    }
    for (const { feature, met: status, values } of state.counters.featuresMissed())
      missed.samples.push({ labels: { endpoint, feature, status }, value: values });
    cached.samples.push({ labels: { endpoint }, value: state.counters.answersFromCache() });
    cacheBytes.samples.push({ labels: { endpoint }, value: state.cache?.bytes() ?? 0 });
    for (const { feature, met: policy, values } of state.counters.policiesApplied())
      policies.samples.push({ labels: { endpoint, feature, policy }, value: values });
    const { shadowDropped } = state.counters.read();
    dropped.samples.push({ labels: { endpoint }, value: shadowDropped });
    waiting.samples.push({
      labels: { endpoint },
      value: sumOfRunners(state, (runner) => runner.waiting()),
    });
    memory.samples.push({
      labels: { endpoint },
      value: sumOfRunners(state, (runner) => runner.memoryBytes()),
    });
    for (const [arm, total] of sumByArm(state)) {
      const labels = { endpoint, arm };
      const { errors, fallbacks } = total;
      requests.samples.push(
        { labels: { ...labels, status: 'ok' }, value: total.requests - errors - fallbacks },
        { labels: { ...labels, status: 'fallback' }, value: fallbacks },
        { labels: { ...labels, status: 'error' }, value: errors },
      );
      rows.samples.push({ labels, value: total.rows });
      seconds.samples.push(...histogram(labels, total));
    }
  }
  return [
    ...[requests, rows, seconds, dropped, waiting, memory, policies, missed, cached, cacheBytes],
    ...[stepRuns, stepSeconds],
  ];
}

interface ArmTotal {
  requests: number;
  rows: number;
  errors: number;
  fallbacks: number;
  seconds: number;
  readonly latency: Map<number, number>;
}

/** Over the versions an arm has had: their names would be values without end. */
function sumByArm(state: EndpointState): ReadonlyMap<string, ArmTotal> {
  const totals = new Map<string, ArmTotal>();
  const { arms } = state.counters.read();
  for (const count of arms) {
    const total = totals.get(count.arm) ?? emptyTotal();
    totals.set(count.arm, total);
    total.requests += count.requests;
    total.rows += count.rows;
    total.errors += count.errors;
    total.fallbacks += count.fallbacks;
    for (const [bucket, found] of Object.entries(count.latency)) {
      total.latency.set(Number(bucket), (total.latency.get(Number(bucket)) ?? 0) + found);
    }
  }
  for (const [arm, ms] of state.counters.latencySums()) {
    const total = totals.get(arm);
    if (total !== undefined) total.seconds = ms / 1000;
  }
  return totals;
}

function emptyTotal(): ArmTotal {
  return { requests: 0, rows: 0, errors: 0, fallbacks: 0, seconds: 0, latency: new Map() };
}

function histogram(labels: Readonly<Record<string, string>>, total: ArmTotal) {
  const buckets = latencyBoundsMs.map((bound) => {
    let value = 0;
    for (const [bucket, found] of total.latency) if (bucket <= bound) value += found;
    return { suffix: '_bucket', labels: { ...labels, le: seconds(latencyBucketBound(bound)) }, value };
  });
  return [
    ...buckets,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: total.requests },
    { suffix: '_sum', labels, value: total.seconds },
    { suffix: '_count', labels, value: total.requests },
  ];
}

function seconds(ms: number): string {
  return String(Number((ms / 1000).toPrecision(6)));
}

function family(name: string, help: string, type: MetricFamily['type']) {
  const samples: MetricFamily['samples'][number][] = [];
  return { name, help, type, samples };
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'gauge', samples: [{ value }] };
}

function counter(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'counter', samples: [{ value }] };
}
