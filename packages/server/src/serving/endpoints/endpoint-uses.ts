import type { EndpointStage } from '@esteira/contracts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { versionsOf } from './desired-endpoint.ts';
import { listEndpointsOf } from './endpoint-store.ts';

/** What an endpoint does with the versions of its model, by their ids. */
interface EndpointUse {
  readonly endpoint: string;
  readonly stage: EndpointStage;
  /** Those that answer its callers. */
  readonly answering: readonly string[];
  /** Those and all it holds ready besides. */
  readonly needed: readonly string[];
}

/** What endpoints do with the versions of a model, as far as the reader sees. */
export async function endpointUses(
  sql: SqlReader,
  workspace: string,
  model: string,
): Promise<readonly EndpointUse[]> {
  return (await listEndpointsOf(sql, workspace, model)).map(({ name, stage, twinOf, desired }) => ({
    endpoint: name,
    // The twin of a drill has no callers.
    stage: twinOf === undefined ? stage : 'development',
    answering: desired.arms.flatMap(({ predictor }) =>
      predictor.kind === 'version' ? [predictor.modelVersionId] : [],
    ),
    needed: versionsOf(desired),
  }));
}
