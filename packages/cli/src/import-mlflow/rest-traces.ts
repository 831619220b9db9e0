import { CommandError } from '../command-error.ts';
import { inParallel } from './in-parallel.ts';
import type { MlflowRest } from './mlflow-rest.ts';
import { noneOfOldServer } from './none-of-old-server.ts';
import { reasonOf } from './reason-of.ts';
import { restPages } from './rest-pages.ts';
import { isOfOldClient, spansFile, spansIn } from './trace-files.ts';
import { spansLocationTag, type TraceMessage } from './trace-messages.ts';

const api = '/api/3.0/mlflow/traces';
const tracesPerPage = 50;
const callsAtOnce = 6;

interface FoundTraces {
  readonly traces?: readonly TraceMessage['trace_info'][];
  readonly next_page_token?: string;
}

/** The traces of an experiment with their spans, a page at a time; none of a server from before MLflow 3. */
export async function* tracesOf(
  rest: MlflowRest,
  experiment: string,
): AsyncIterable<readonly TraceMessage[]> {
  const place = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } };
  const pages = restPages<'traces', TraceMessage['trace_info']>('traces', (token) =>
    rest
      .post<FoundTraces>(`${api}/search`, {
        locations: [place],
        max_results: tracesPerPage,
        page_token: token,
      })
      .catch(noneOfOldServer),
  );
  for await (const found of pages) {
    const traces: TraceMessage[] = [];
    await inParallel(found, callsAtOnce, async (info) => {
      traces.push(await wholeTrace(rest, info));
    });
    yield traces;
  }
}

/** Servers fail when they are asked for spans that their database does not hold. */
async function wholeTrace(rest: MlflowRest, info: TraceMessage['trace_info']): Promise<TraceMessage> {
  const id = info.trace_id;
  if (info.tags?.[spansLocationTag] !== undefined) return (await findTrace(rest, id)) ?? { trace_info: info };
  if (isOfOldClient(id)) return { trace_info: info };
  try {
    return { trace_info: info, spans: await spansIn(traceFileOf(rest, id, spansFile), id) };
  } catch (error) {
    // No file of spans was ever sent.
    if (error instanceof CommandError && /^404:/.test(error.why)) return { trace_info: info };
    if (error instanceof CommandError && error.code !== 'SOURCE_UNREADABLE') throw error;
    return { trace_info: info, unread: reasonOf(error) };
  }
}

/** A file of a trace: its spans, or what is attached to it. */
export function traceFileOf(rest: MlflowRest, id: string, path: string): AsyncIterable<Uint8Array> {
  return rest.download('/ajax-api/3.0/mlflow/get-trace-artifact', {
    request_id: id,
    ...(path === spansFile ? {} : { path: path.replace(/^attachments\//, '') }),
  });
}

/** A trace with all its spans, if these are no file; undefined when it is not there. */
export async function findTrace(rest: MlflowRest, id: string): Promise<TraceMessage | undefined> {
  if (isOfOldClient(id)) {
    const found = await rest
      .get<{ readonly trace?: TraceMessage }>(`${api}/${encodeURIComponent(id)}`, {})
      .catch(noneOfOldServer);
    return found.trace;
  }
  const { traces = [] } = await rest.get<{ traces?: readonly TraceMessage[] }>(`${api}/batchGet`, {
    trace_ids: id,
  });
  return traces[0];
}
