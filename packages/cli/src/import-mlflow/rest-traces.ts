import { inParallel } from './in-parallel.ts';
import type { MlflowRest } from './mlflow-rest.ts';
import { noneOfOldServer } from './none-of-old-server.ts';
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
  let token: string | undefined;
  do {
    const question = { locations: [place], max_results: tracesPerPage, page_token: token };
    const answer = await rest.post<FoundTraces>(`${api}/search`, question).catch(noneOfOldServer);
    const traces: TraceMessage[] = [];
    await inParallel(answer.traces ?? [], callsAtOnce, async (info) => {
      traces.push((await findTrace(rest, info.trace_id)) ?? { trace_info: info });
    });
    yield traces;
    token = answer.next_page_token || undefined;
  } while (token !== undefined);
}

/** A trace with all its spans; undefined when it is not there. */
export async function findTrace(rest: MlflowRest, id: string): Promise<TraceMessage | undefined> {
  const { traces = [] } = await rest.get<{ traces?: readonly TraceMessage[] }>(`${api}/batchGet`, {
    trace_ids: id,
  });
  return traces[0];
}
