import { latencyQuantile } from '@esteira/contracts';
import type { TrafficCount } from './traffic-store.ts';

/** One arm over some time. */
export interface ArmTraffic {
  readonly arm: string;
  readonly modelVersionId: string | null;
  readonly rows: number;
  readonly errors: number;
  readonly fallbacks: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** Sums counts by arm and predictor. */
export function summarizeArms(counts: readonly TrafficCount[]): ArmTraffic[] {
  const groups = new Map<string, TrafficCount[]>();
  for (const count of counts) {
    const key = `${count.arm} ${count.predictor}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [count]);
    else group.push(count);
  }
  return [...groups.values()].map(summarize);
}

/** The same, minute by minute. */
export function trafficByMinute(counts: readonly TrafficCount[]): { minute: number; arms: ArmTraffic[] }[] {
  const minutes = new Map<number, TrafficCount[]>();
  for (const count of counts) {
    const minute = minutes.get(count.minute);
    if (minute === undefined) minutes.set(count.minute, [count]);
    else minute.push(count);
  }
  return [...minutes].map(([minute, own]) => ({ minute, arms: summarizeArms(own) }));
}

function summarize(counts: readonly TrafficCount[]): ArmTraffic {
  const latency: Record<string, number> = {};
  let rows = 0;
  let errors = 0;
  let fallbacks = 0;
  for (const count of counts) {
    rows += count.rows;
    if (count.status === 'error') errors += count.rows;
    if (count.status === 'fallback') fallbacks += count.rows;
    for (const [bucket, number] of Object.entries(count.latency))
      latency[bucket] = (latency[bucket] ?? 0) + number;
  }
  const first = counts[0];
  return {
    arm: first?.arm ?? '',
    modelVersionId: first?.predictor === '' ? null : (first?.predictor ?? null),
    rows,
    errors,
    fallbacks,
    p50Ms: latencyQuantile(latency, 0.5),
    p95Ms: latencyQuantile(latency, 0.95),
    p99Ms: latencyQuantile(latency, 0.99),
  };
}
