import type { WireRoute } from '../../../kernel/wire-route.ts';
import type {
  MetricAggregation,
  MetricDimension,
  TraceCondition,
  TraceMetric,
  TraceMetricPoint,
  TraceMetricQuery,
} from '../../../llm/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, missingParameter } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';
import { parseMetricFilters } from './metric-filter.ts';
import { parseTraceFilters } from './trace-grammar.ts';
import type { TraceWireDeps } from './trace-search-page.ts';

const views = ['TRACES', 'SPANS', 'ASSESSMENTS'] as const;
type View = (typeof views)[number];

const aggregationKinds = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const;
type AggregationKind = (typeof aggregationKinds)[number];

interface KnownMetric {
  readonly metric: TraceMetric;
  readonly aggregations: readonly AggregationKind[];
  readonly dimensions: Readonly<Record<string, MetricDimension>>;
}

const counting = ['COUNT'] as const;
const measuring = ['AVG', 'MIN', 'MAX', 'PERCENTILE'] as const;
const summing = ['SUM', ...measuring] as const;

const byName = { trace_name: 'name' } as const;
const byModel = { span_model_name: 'model', span_model_provider: 'provider' } as const;

const tokenMetrics = (
  [
    'input_tokens',
    'output_tokens',
    'total_tokens',
    'cache_read_input_tokens',
    'cache_creation_input_tokens',
  ] as const
).map((value): [string, KnownMetric] => [
  value,
  { metric: { of: 'traces', value }, aggregations: summing, dimensions: byName },
]);

const costMetrics = (['input_cost', 'output_cost', 'total_cost'] as const).map(
  (value): [string, KnownMetric] => [
    value,
    { metric: { of: 'spans', value }, aggregations: summing, dimensions: byModel },
  ],
);

const metrics: Readonly<Record<View, ReadonlyMap<string, KnownMetric>>> = {
  TRACES: new Map([
    [
      'trace_count',
      {
        metric: { of: 'traces', value: 'count' },
        aggregations: counting,
        dimensions: { ...byName, trace_status: 'state' },
      },
    ],
    [
      'session_count',
      { metric: { of: 'traces', value: 'sessions' }, aggregations: counting, dimensions: {} },
    ],
    ['latency', { metric: { of: 'traces', value: 'duration' }, aggregations: measuring, dimensions: byName }],
    ...tokenMetrics,
  ]),
  SPANS: new Map([
    [
      'span_count',
      {
        metric: { of: 'spans', value: 'count' },
        aggregations: counting,
        dimensions: { span_name: 'name', span_type: 'type', span_status: 'state', ...byModel },
      },
    ],
    [
      'latency',
      {
        metric: { of: 'spans', value: 'duration' },
        aggregations: measuring,
        dimensions: { span_name: 'name', span_status: 'state' },
      },
    ],
    ...costMetrics,
  ]),
  ASSESSMENTS: new Map([
    [
      'assessment_count',
      {
        metric: { of: 'assessments', value: 'count' },
        aggregations: counting,
        dimensions: { assessment_name: 'name', assessment_value: 'value' },
      },
    ],
    [
      'assessment_value',
      {
        metric: { of: 'assessments', value: 'value' },
        aggregations: measuring,
        dimensions: { assessment_name: 'name' },
      },
    ],
  ]),
};

const pointsByDefault = 1000;

/** Figures over traces, spans and assessments, and how far two filters go together. */
export function traceMetricRoutes({
  traces,
  experimentIds: experiments,
}: TraceWireDeps): readonly WireRoute[] {
  return [
    ...rpc({
      method: 'POST',
      version: '3.0',
      path: '/mlflow/traces/metrics',
      access: 'traces:read',
      async answer({ fields, context }) {
        const wireIds = requiredTexts(fields, 'experiment_ids');
        const asked = readQuery(fields);
        const query = { ...asked.query, experiments: await experiments.idsOf(context, wireIds) };
        const points = await traces.metric(context.workspace, query);
        return { data_points: points.map((point) => pointMessage(point, asked)) };
      },
    }),
    ...rpc({
      method: 'POST',
      version: '3.0',
      path: '/mlflow/traces/calculate-filter-correlation',
      access: 'traces:read',
      async answer({ fields, context }) {
        const wireIds = requiredTexts(fields, 'experiment_ids');
        const first = parseTraceFilters(fields.text('filter_string1'));
        const second = parseTraceFilters(fields.text('filter_string2'));
        const base: readonly TraceCondition[] = parseTraceFilters(fields.optionalText('base_filter'));
        const found = await traces.correlation(context.workspace, {
          experiments: await experiments.idsOf(context, wireIds),
          base,
          first,
          second,
        });
        return {
          npmi: numberMessage(found.npmi),
          npmi_smoothed: numberMessage(found.npmiSmoothed),
          filter1_count: found.first,
          filter2_count: found.second,
          joint_count: found.both,
          total_count: found.total,
        };
      },
    }),
  ];
}

interface AskedMetric {
  readonly name: string;
  readonly dimensions: readonly string[];
  readonly query: Omit<TraceMetricQuery, 'experiments'>;
}

function readQuery(fields: Fields): AskedMetric {
  const view = fields.optionalChoice('view_type', views);
  if (view === undefined) throw missingParameter('view_type');
  const name = fields.text('metric_name');
  const known = metrics[view].get(name);
  if (known === undefined)
    throw invalidParameter(
      `metric_name must be one of ${[...metrics[view].keys()].join(', ')}, got '${name}'`,
    );
  const dimensions = fields.texts('dimensions');
  const unknown = dimensions.filter((dimension) => !Object.hasOwn(known.dimensions, dimension));
  if (unknown.length > 0)
    throw invalidParameter(
      `Found invalid dimension(s): ${unknown.join(', ')}. Supported dimensions: ${Object.keys(known.dimensions).join(', ')}`,
    );
  const seconds = fields.optionalInteger('time_interval_seconds');
  const from = fields.optionalInteger('start_time_ms');
  const until = fields.optionalInteger('end_time_ms');
  if (seconds !== undefined && seconds !== 0 && (from === undefined || until === undefined))
    throw invalidParameter('start_time_ms and end_time_ms are required if time_interval_seconds is set');
  if (seconds !== undefined && seconds < 0)
    throw fields.refuse('time_interval_seconds', 'Value must be positive');
  const limit = fields.optionalInteger('max_results') ?? pointsByDefault;
  if (limit < 1 || limit > pointsByDefault)
    throw fields.refuse('max_results', `Value must be between 1 and ${pointsByDefault}`);
  const { conditions, own } = parseMetricFilters(fields.texts('filters'), view);
  return {
    name,
    dimensions,
    query: {
      metric: known.metric,
      aggregations: readAggregations(fields, known),
      dimensions: dimensions.flatMap((dimension) => known.dimensions[dimension] ?? []),
      conditions,
      ownConditions: own,
      from,
      until,
      ...(seconds === undefined || seconds === 0 ? {} : { bucketMs: seconds * 1000 }),
      limit,
    },
  };
}

function readAggregations(fields: Fields, known: KnownMetric): readonly MetricAggregation[] {
  const given = fields.messages('aggregations');
  if (given.length === 0) throw missingParameter('aggregations');
  return given.map((aggregation): MetricAggregation => {
    const kind = aggregation.optionalChoice('aggregation_type', aggregationKinds);
    if (kind === undefined || !known.aggregations.includes(kind))
      throw invalidParameter(
        `Found invalid aggregation_type(s): ${kind}. Supported aggregation types: ${known.aggregations.join(', ')}`,
      );
    if (kind !== 'PERCENTILE') return { kind };
    const percentile = aggregation.optionalNumber('percentile_value') ?? Number.NaN;
    if (!(percentile >= 0 && percentile <= 100))
      throw aggregation.refuse('percentile_value', 'Value must be between 0 and 100');
    return { kind, percentile };
  });
}

function pointMessage(point: TraceMetricPoint, { name, dimensions, query }: AskedMetric) {
  const named = dimensions.map((dimension, index) => [dimension, point.dimensions[index] ?? '']);
  const time = point.bucket === undefined ? [] : [['time_bucket', isoTime(point.bucket)]];
  const values = query.aggregations.map((aggregation, index) => [
    aggregationName(aggregation),
    numberMessage(point.values[index] ?? 0),
  ]);
  return {
    metric_name: name,
    dimensions: Object.fromEntries([...time, ...named]),
    values: Object.fromEntries(values),
  };
}

/** `P95.0`, as their server writes a number with a point. */
function aggregationName(aggregation: MetricAggregation): string {
  if (aggregation.kind !== 'PERCENTILE') return aggregation.kind;
  const { percentile } = aggregation;
  return `P${Number.isInteger(percentile) ? `${percentile}.0` : percentile}`;
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', '+00:00');
}

/** JSON has no words for the special floats. */
function numberMessage(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function requiredTexts(fields: Fields, name: string): readonly string[] {
  const texts = fields.texts(name);
  if (texts.length === 0) throw missingParameter(name);
  return texts;
}
