import { quoteLiteral, type TableEngine } from '../../storage/tables/table-engine.ts';
import { type OpenPredictionsDeps, openPredictions } from './open-predictions.ts';

/** Which predictions; what is left out does not bound. */
interface PredictionSearch {
  /** Of one row, or of a request: then of all its rows, and of how its answer in pieces ended. */
  readonly predictionId?: string | undefined;
  readonly entityKey?: string | undefined;
  /** By `time`, in [from, to). */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
}

/** Whoever has an id has asked, as the platform too. */
const everyArm = ['primary', 'canary', 'shadow', 'probe', 'end'] as const;

/** Rows of the log, newest first; the rows of one request in their order. */
export async function searchPredictions(
  deps: OpenPredictionsDeps & { readonly tables: TableEngine },
  workspace: string,
  endpoint: string,
  search: PredictionSearch,
) {
  const { predictionId, entityKey, from: since, to: until, limit } = search;
  const { from } = await openPredictions(deps, workspace, endpoint, {
    ...(since === undefined ? {} : { from: since }),
    ...(until === undefined ? {} : { to: until }),
    ...(predictionId === undefined ? {} : { arms: everyArm }),
  });
  const asked: string[] = [];
  if (predictionId !== undefined) {
    const id = quoteLiteral(predictionId);
    asked.push(`prediction_id in (${id}, ${id} || '-' || row_index, ${id} || '-end-' || row_index)`);
  }
  if (entityKey !== undefined) asked.push(`entity_key = ${quoteLiteral(entityKey)}`);
  const where = asked.length === 0 ? '' : `where ${asked.join(' and ')}`;
  return await deps.tables.query(
    `select * from ${from} ${where} order by "time" desc, prediction_id, row_index limit ${limit}`,
  );
}
