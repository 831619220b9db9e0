import type { MlflowRest } from './mlflow-rest.ts';
import type { SourceScorer, SourceScorerVersion } from './mlflow-source.ts';
import { noneOfOldServer } from './none-of-old-server.ts';

const api = '/api/3.0/mlflow';

interface ScorerMessage {
  readonly scorer_name: string;
  readonly scorer_version: number;
  readonly serialized_scorer: string;
  readonly creation_time?: number | string;
  readonly scorer_id?: string;
}

interface FoundScorers {
  readonly scorers?: readonly ScorerMessage[];
}

/** The scorers of experiments; none of a server that keeps no such thing. */
export async function* scorersOf(
  rest: MlflowRest,
  experimentKeys: readonly string[],
): AsyncIterable<SourceScorer> {
  if (!(await keepsScorers(rest))) return;
  for (const experimentKey of experimentKeys) {
    const { scorers = [] } = await rest
      .get<FoundScorers>(`${api}/scorers/list`, { experiment_id: experimentKey })
      .catch(noneOfOldServer);
    for (const { scorer_name: name } of scorers)
      yield { experimentKey, versions: await scorerVersions(rest, experimentKey, name) };
  }
}

/** Of one scorer, oldest first. */
export async function scorerVersions(
  rest: MlflowRest,
  experiment: string,
  name: string,
): Promise<readonly SourceScorerVersion[]> {
  const query = { experiment_id: experiment, name };
  const { scorers = [] } = await rest.get<FoundScorers>(`${api}/scorers/versions`, query);
  return scorers
    .map((scorer) => ({
      scorerId: scorer.scorer_id ?? `${experiment}/${name}`,
      name,
      version: scorer.scorer_version,
      definition: scorer.serialized_scorer,
      createdAt: Number(scorer.creation_time ?? 0),
    }))
    .sort((one, other) => one.version - other.version);
}

/** A store of files has neither data sets nor scorers; only when it is asked for data sets it says so, and does not fail. */
export async function keepsScorers(rest: MlflowRest): Promise<boolean> {
  try {
    await rest.post(`${api}/datasets/search`, { max_results: 1 });
    return true;
  } catch (error) {
    noneOfOldServer(error);
    return false;
  }
}
