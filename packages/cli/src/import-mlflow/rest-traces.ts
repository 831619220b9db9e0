import { inParallel } from './in-parallel.ts';
import type { MlflowRest } from './mlflow-rest.ts';
import { noneOfOldServer } from './none-of-old-server.ts';
import { restPages } from './rest-pages.ts';
import type { TraceMessage } from './trace-messages.ts';

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
      traces.push((await findTrace(rest, info.trace_id)) ?? { trace_info: info });
    });
    yield traces;
  }
}

/** A trace with all its spans; undefined when it is not there. */
export async function findTrace(rest: MlflowRest, id: string): Promise<TraceMessage | undefined> {
  const { traces = [] } = await rest.get<{ traces?: readonly TraceMessage[] }>(`${api}/batchGet`, {
    trace_ids: id,
  });
  return traces[0];
}
