import type { TakenExperiments } from './import-evaluation.ts';
import { inParallel } from './in-parallel.ts';
import type { MlflowRest } from './mlflow-rest.ts';
import type { MlflowSource, SourceExperiment } from './mlflow-source.ts';
import { findTrace } from './rest-traces.ts';
import type { Tally } from './tally.ts';
import { countsOfTrace, exportOf, type TraceMessage, toldIn } from './trace-messages.ts';

interface TracesImport {
  readonly source: MlflowSource;
  /** Esteira, which speaks MLflow's protocol as well; undefined when everything is counted only. */
  readonly target: MlflowRest | undefined;
  readonly tally: Tally;
  readonly experiments: TakenExperiments;
  readonly onProgress: (progress: { readonly step: string; readonly done: number }) => void;
}

const tracesAtOnce = 4;
const spansPerRequest = 1_000;

/**
 * Moves traces with their spans, assessments and tags over the protocol that both sides speak. What is there already and has
 * as much to it is not sent again. Traces of deleted experiments stay: no server takes them. Returns what is worth knowing.
 */
export async function importTraces(
  { source, target, tally, experiments, onProgress }: TracesImport,
  found: readonly SourceExperiment[],
): Promise<readonly string[]> {
  if (source.traces === undefined)
    return ['traces are read from a running server alone: import once more with --from http://…'];
  let done = 0;
  for (const { key } of found) {
    const { number, deleted = true } = experiments.get(key) ?? {};
    if (number === undefined || deleted) continue;
    for await (const traces of source.traces(key)) {
      await inParallel(traces, tracesAtOnce, async (trace) => {
        const id = trace.trace_info.trace_id;
        const counts = countsOfTrace(trace, trace);
        tally.count('trace', id, counts);
        if (target === undefined) return;
        let there = await findTrace(target, id);
        if (there === undefined || differs(countsOfTrace(there, trace), counts)) {
          await sendTrace(target, number, trace);
          there = await findTrace(target, id);
        }
        if (there !== undefined) tally.found('trace', id, countsOfTrace(there, trace));
      });
      done += traces.length;
      onProgress({ step: 'traces', done });
    }
  }
  return [];
}

async function sendTrace(target: MlflowRest, experiment: number, trace: TraceMessage): Promise<void> {
  const { spans = [] } = trace;
  const headers = { 'x-mlflow-experiment-id': String(experiment) };
  for (let start = 0; start < spans.length; start += spansPerRequest)
    await target.post('/v1/traces', exportOf(spans.slice(start, start + spansPerRequest)), headers);
  await target.post('/api/3.0/mlflow/traces', toldIn(experiment, trace));
}

function differs(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): boolean {
  return Object.keys(one).some((name) => one[name] !== other[name]);
}
