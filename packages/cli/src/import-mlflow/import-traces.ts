import { importFiles } from './import-files.ts';
import { inParallel } from './in-parallel.ts';
import type { MlflowRest } from './mlflow-rest.ts';
import type { MlflowSource, SourceExperiment, SourceFile } from './mlflow-source.ts';
import { findTrace } from './rest-traces.ts';
import type { ThingsImport } from './things-import.ts';
import { contentOfTrace } from './trace-content.ts';
import { filesOfTrace } from './trace-files.ts';
import { artifactLocationTag, countsOfTrace, exportOf, type TraceMessage, toldIn } from './trace-messages.ts';

const tracesAtOnce = 4;
const spansPerRequest = 1_000;
const linksPerRequest = 100;

/**
 * Moves traces with their spans, assessments, tags and attached files, over the protocol that both sides speak, and compares
 * what they say. What is there already and has as much to it is not sent again. Traces of deleted experiments stay: no server
 * takes them. Returns what is worth knowing.
 */
export async function importTraces(
  work: ThingsImport,
  found: readonly SourceExperiment[],
): Promise<readonly string[]> {
  const { source, experiments, problems, onProgress } = work;
  const without: string[] = [];
  let done = 0;
  for (const { key } of found) {
    const { number, deleted = true } = experiments.get(key) ?? {};
    if (number === undefined || deleted) continue;
    for await (const traces of source.traces(key)) {
      await inParallel(traces, tracesAtOnce, async (trace) => {
        const id = trace.trace_info.trace_id;
        if (trace.unread !== undefined) problems.push(`trace ${id}: ${trace.unread}`);
        else if (trace.spans === undefined && filesOfTrace(trace).length === 0) without.push(id);
        await importTrace(work, number, trace);
      });
      done += traces.length;
      onProgress({ step: 'traces', done });
    }
  }
  await importTraceLinks(work);
  const [first] = without;
  return first === undefined
    ? []
    : [`${without.length} traces have no spans in MLflow, and none here; the first is ${first}`];
}

async function importTrace(
  { source, target, tally, digests, problems }: ThingsImport,
  experiment: number,
  trace: TraceMessage,
): Promise<void> {
  const { trace_id: id, tags = {} } = trace.trace_info;
  const paths = filesOfTrace(trace);
  const counts = countsOfTrace(trace, trace);
  tally.count('trace', id, { ...counts, artifacts: paths.length, content: 1 });
  digests.files += paths.length;
  if (target === undefined) return;
  let there = await findTrace(target.rest, id);
  if (there === undefined || differs(countsOfTrace(there, trace), counts)) {
    await sendTrace(target.rest, experiment, trace);
    there = await findTrace(target.rest, id);
  }
  if (there === undefined) return;
  const owner = { kind: 'trace', id, location: tags[artifactLocationTag] ?? '' } as const;
  const files = await importFiles(onlyFiles(source, paths), target.client, owner);
  digests.equal += files.equal;
  problems.push(...files.problems);
  tally.found('trace', id, {
    ...countsOfTrace(there, trace),
    artifacts: files.equal,
    content: contentOfTrace(there, trace) === contentOfTrace(trace, trace) ? 1 : 0,
  });
}

/** No server lists the files of a trace; its spans name them. */
function onlyFiles(source: MlflowSource, paths: readonly string[]): Pick<MlflowSource, 'files' | 'read'> {
  return {
    async *files(): AsyncIterable<SourceFile> {
      for (const path of paths) yield { path, size: 0 };
    },
    read: source.read,
  };
}

async function sendTrace(target: MlflowRest, experiment: number, trace: TraceMessage): Promise<void> {
  const { spans = [] } = trace;
  const headers = { 'x-mlflow-experiment-id': String(experiment) };
  for (let start = 0; start < spans.length; start += spansPerRequest)
    await target.post('/v1/traces', exportOf(spans.slice(start, start + spansPerRequest)), headers);
  await target.post('/api/3.0/mlflow/traces', toldIn(experiment, trace));
}

async function importTraceLinks({ source, target }: ThingsImport): Promise<void> {
  if (source.traceLinks === undefined || target === undefined) return;
  for await (const { runId, traceIds } of source.traceLinks())
    for (let start = 0; start < traceIds.length; start += linksPerRequest)
      await target.rest.post('/api/2.0/mlflow/traces/link-to-run', {
        run_id: runId,
        trace_ids: traceIds.slice(start, start + linksPerRequest),
      });
}

function differs(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): boolean {
  return Object.keys(one).some((name) => one[name] !== other[name]);
}
