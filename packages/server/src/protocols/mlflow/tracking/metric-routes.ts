import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { Tracking } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { numberToWire } from '../number-to-wire.ts';
import { rpc } from '../rpc.ts';
import { pageJson, pageOf } from './page-request.ts';
import { runIdOf } from './run-id.ts';
import { entryKeys, metricMessage } from './run-message.ts';
import { createSharedReads } from './shared-reads.ts';

const mostPoints = 25_000;
const mostRuns = 100;
const mostSampled = 2_500;

/** Histories of metrics: of one run in pages, of many at once, and thinned. */
export function metricRoutes({ tracking }: { readonly tracking: Tracking }): readonly WireRoute[] {
  const { reader } = tracking;
  // A long one takes a megabyte, and is read again and again while people look at it.
  const histories = createSharedReads();

  async function history(workspace: string, fields: Fields): Promise<string> {
    const runId = runIdOf(fields);
    const name = fields.text('metric_key');
    const limit = fields.optionalInteger('max_results') ?? mostPoints;
    if (limit < 1) {
      throw invalidParameter(
        `Invalid value ${limit} for parameter 'max_results' supplied. It must be a positive integer.`,
      );
    }
    const cursor = fields.optionalText('page_token') || undefined;
    const page = { limit: Math.min(limit, mostPoints), cursor };
    const points = await pageOf(reader.printedHistory(workspace, runId, name, page, entryKeys));
    if ('list' in points) return points.list === '[]' ? '{}' : `{"metrics":${points.list}}`;
    const key = JSON.stringify(name);
    // A page has thousands of points, and an object for each that is printed at once costs as much as to read it.
    return pageJson(
      'metrics',
      points,
      ({ value, at, step }) => `{"key":${key},"value":${numberJson(value)},"timestamp":${at},"step":${step}}`,
    );
  }

  return [
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/metrics/get-history',
      access: 'tracking:read',
      answer: ({ fields, context, request }) =>
        histories.read([context.workspace, request.query], () => history(context.workspace, fields)),
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/metrics/get-history-bulk',
      access: 'tracking:read',
      async answer({ fields, context }) {
        const runIds = fields.texts('run_id');
        if (runIds.length === 0)
          throw invalidParameter('GetMetricHistoryBulk request must specify at least one run_id.');
        if (runIds.length > mostRuns) {
          throw invalidParameter(
            `GetMetricHistoryBulk request cannot specify more than ${mostRuns} run_ids. Received ${runIds.length} run_ids.`,
          );
        }
        const name = fields.optionalText('metric_key');
        if (name === undefined)
          throw invalidParameter('GetMetricHistoryBulk request must specify a metric_key.');
        const limit = Math.min(fields.optionalInteger('max_results') ?? mostPoints, mostPoints);
        if (limit < 1) throw fields.refuse('max_results', 'It must be a positive integer');
        const points = await reader.histories(context.workspace, [...new Set(runIds)], name, limit);
        return {
          metrics: points.map((point) => ({ ...metricMessage({ ...point, name }), run_id: point.runId })),
        };
      },
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/metrics/get-history-bulk-interval',
      access: 'tracking:read',
      async answer({ fields, context }) {
        const runIds = fields.texts('run_ids');
        if (runIds.length === 0) fields.text('run_ids');
        if (runIds.length > mostRuns) {
          throw invalidParameter(
            `GetMetricHistoryBulkInterval request must specify at most ${mostRuns} run_ids. Received ${runIds.length} run_ids.`,
          );
        }
        const name = fields.text('metric_key');
        const most = fields.optionalInteger('max_results') ?? mostSampled;
        if (most < 1 || most > mostSampled)
          throw invalidParameter(`max_results must be between 1 and ${mostSampled}.`);
        const range = readRange(fields);
        const wanted = [...new Set(runIds)];
        const points = await reader.sampledHistories(context.workspace, wanted, name, { most, ...range });
        return {
          metrics: points.map((point) => ({ ...metricMessage({ ...point, name }), run_id: point.runId })),
        };
      },
    }),
  ];
}

function numberJson(value: number): string {
  const wire = numberToWire(value);
  return typeof wire === 'number' ? String(wire) : `"${wire}"`;
}

function readRange(fields: Fields): { readonly from?: number; readonly to?: number } {
  const from = fields.optionalInteger('start_step');
  const to = fields.optionalInteger('end_step');
  if (from === undefined && to === undefined) return {};
  if (from === undefined || to === undefined) {
    throw invalidParameter('If either start step or end step are specified, both must be specified.');
  }
  if (from > to) {
    throw invalidParameter(
      `end_step must be greater than start_step. Found start_step=${from} and end_step=${to}.`,
    );
  }
  return { from, to };
}
