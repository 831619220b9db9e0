export type MetricAggregation =
  | { readonly kind: 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX' }
  | { readonly kind: 'PERCENTILE'; readonly percentile: number };

export interface TraceMetricPoint {
  /** Where its stretch of time begins, ms; absent when time is not divided. */
  readonly bucket?: number;
  /** In the order they were asked for. */
  readonly dimensions: readonly string[];
  /** In the order of the aggregations. */
  readonly values: readonly number[];
}

interface Group {
  readonly bucket: number | undefined;
  readonly dimensions: readonly string[];
  count: number;
  sum: number;
  least: number;
  most: number;
  readonly values: number[];
  readonly distinct: Set<string | number>;
}

/** Collects values by group and tells what the aggregations make of them. `distinct`: equal values of a group count once. */
export function createMetricGroups(aggregations: readonly MetricAggregation[], distinct: boolean) {
  const groups = new Map<string, Group>();
  const needsValues = aggregations.some(({ kind }) => kind === 'PERCENTILE');

  return {
    add(bucket: number | undefined, dimensions: readonly string[], value: number | string): void {
      const key = JSON.stringify([bucket ?? null, ...dimensions]);
      const group = groups.get(key) ?? emptyGroup(bucket, dimensions);
      groups.set(key, group);
      if (distinct) {
        group.distinct.add(value);
        group.count = group.distinct.size;
        return;
      }
      const number = Number(value);
      group.count++;
      group.sum += number;
      group.least = Math.min(group.least, number);
      group.most = Math.max(group.most, number);
      if (needsValues) group.values.push(number);
    },
    /** By time, then by dimensions. */
    points(): readonly TraceMetricPoint[] {
      return [...groups.values()].sort(compareGroups).map((group) => {
        group.values.sort((a, b) => a - b);
        return {
          ...(group.bucket === undefined ? {} : { bucket: group.bucket }),
          dimensions: group.dimensions,
          values: aggregations.map((aggregation) => aggregate(group, aggregation)),
        };
      });
    },
  };
}

function emptyGroup(bucket: number | undefined, dimensions: readonly string[]): Group {
  return {
    bucket,
    dimensions,
    count: 0,
    sum: 0,
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
    values: [],
    distinct: new Set(),
  };
}

function compareGroups(a: Group, b: Group): number {
  if (a.bucket !== b.bucket) return (a.bucket ?? 0) - (b.bucket ?? 0);
  for (const [index, one] of a.dimensions.entries()) {
    const other = b.dimensions[index] ?? '';
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

function aggregate(group: Group, aggregation: MetricAggregation): number {
  switch (aggregation.kind) {
    case 'COUNT':
      return group.count;
    case 'SUM':
      return group.sum;
    case 'AVG':
      return group.sum / group.count;
    case 'MIN':
      return group.least;
    case 'MAX':
      return group.most;
    case 'PERCENTILE':
      return percentileOf(group.values, aggregation.percentile);
  }
}

/** Between the two nearest values, as method 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996. */
function percentileOf(sorted: readonly number[], percentile: number): number {
  const place = (percentile / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
