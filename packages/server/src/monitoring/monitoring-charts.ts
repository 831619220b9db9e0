import type { ColumnFinding, MonitorCharts, MonitorWindow } from '@esteira/contracts';
import type { z } from 'zod';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { listTransitions } from './alerts/alert-store.ts';
import { type StoredMonitor, scoreColumn } from './monitors/monitor.ts';
import { listWindows } from './windows/window-store.ts';

/** What the screen of a monitor draws, over its newest windows in the order of time. */
export async function readCharts(
  sql: SqlReader,
  monitor: StoredMonitor,
  range: { readonly from?: number | undefined; readonly to?: number | undefined; readonly limit: number },
): Promise<z.input<typeof MonitorCharts>> {
  const { workspace, id, name, settings } = monitor;
  const windows = [...(await listWindows(sql, workspace, id, range))].reverse();
  const transitions = await listTransitions(sql, workspace, { monitorId: id });
  return {
    monitor: name,
    windows: windows.map(({ start, end, rows, labelledRows, modelVersionIds }) => ({
      start,
      end,
      rows,
      labelledRows,
      modelVersionIds,
    })),
    drift: driftMatrix(windows),
    performance: settings.performance
      ? {
          metric: settings.performance.metric,
          floor: settings.performance.floor,
          points: windows.map(({ performance }) => ({
            value: performance?.value ?? null,
            lower: performance?.lower ?? null,
            upper: performance?.upper ?? null,
            estimated: performance?.estimated ?? null,
            reference: performance?.reference ?? null,
          })),
        }
      : null,
    latency: {
      limitMs: settings.latency?.p95Ms ?? null,
      points: windows.map(({ latency: { p50Ms, p95Ms, p99Ms } }) => ({ p50Ms, p95Ms, p99Ms })),
    },
    errors: {
      limit: settings.errors?.maxShare ?? null,
      points: windows.map(({ errors, quality }) => ({
        share: errors.share,
        fallbackShare: errors.fallbackShare,
        invalidShare: quality.invalidShare,
      })),
    },
    transitions: transitions.map(({ alertId, signal, from, to, at, windowStart, reason }) => ({
      alertId,
      signal,
      from,
      to,
      at,
      windowStart,
      reason,
    })),
  };
}

function driftMatrix(windows: readonly MonitorWindow[]) {
  const columns = new Set(windows.flatMap(({ drift }) => drift.map(({ column }) => column)));
  const rows = [...columns].map((column) => ({
    column,
    cells: windows.map(({ drift }) => toCell(drift.find((finding) => finding.column === column))),
  }));
  const score = windows.map(({ prediction }) => toCell(prediction ?? undefined));
  return score.some((cell) => cell !== null) ? [...rows, { column: scoreColumn, cells: score }] : rows;
}

function toCell(finding: ColumnFinding | undefined) {
  if (!finding || finding.distance === null) return null;
  const { method, distance, threshold, noiseLevel, adjustedP, breach } = finding;
  return { method, distance, threshold, noiseLevel, adjustedP, breach };
}
