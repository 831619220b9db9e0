import { latencyBucketBound } from '@esteira/contracts/data-plane';
import type { EndpointState } from '../engine/endpoint-state.ts';
import type { EndpointCounts } from '../fleet/fleet-counts.ts';
import { servedVersions } from './metadata.ts';

/**
 * Counts of an endpoint since the processes started, in the form of the statistics extension. A duration is that of whole
 * requests, summed over their latency buckets and so within 5 % of the true one; durations inside of a request are not taken.
 */
export function modelStatistics(
  endpoint: EndpointState,
  version: string | undefined,
  counts: EndpointCounts,
) {
  let succeeded = 0;
  let failed = 0;
  let rows = 0;
  let requests = 0;
  let milliseconds = 0;
  for (const arm of counts[endpoint.document.name] ?? []) {
    if (version !== undefined && !isOfVersion(endpoint, arm.predictor, version)) continue;
    requests += arm.requests;
    rows += arm.rows;
    failed += arm.errors;
    succeeded += arm.requests - arm.errors;
    for (const [bucket, count] of Object.entries(arm.latency))
      milliseconds += count * latencyBucketBound(Number(bucket));
  }
  const nanoseconds = Math.round(milliseconds * 1e6);
  const share = requests === 0 ? 0 : nanoseconds / requests;
  return {
    name: endpoint.document.name,
    version: version ?? servedVersions(endpoint).join(','),
    inference_count: rows,
    execution_count: requests,
    inference_stats: {
      success: { count: succeeded, ns: Math.round(share * succeeded) },
      fail: { count: failed, ns: Math.round(share * failed) },
    },
  };
}

function isOfVersion({ arms }: EndpointState, name: string, version: string): boolean {
  return arms.some(
    ({ predictor }) =>
      predictor.kind === 'version' &&
      predictor.bundle.modelVersionId === name &&
      String(predictor.bundle.version) === version,
  );
}
