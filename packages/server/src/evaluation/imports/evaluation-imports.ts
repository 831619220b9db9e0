import type {
  ImportedEvaluationDataset,
  ImportedEvaluationRecord,
  ImportedScorerVersion,
} from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { type NamedExperiments, numberOfExperiment } from '../named-experiments.ts';
import { problemOfDefinition } from '../scorers/scorer-definition.ts';
import { importDataset } from './import-dataset.ts';
import { importRecords } from './import-records.ts';
import { importScorerVersion } from './import-scorer-version.ts';

/** Takes what answers were judged by elsewhere, under its ids and times. What is there stays; a call may be repeated. */
export interface EvaluationImports {
  /** Returns how many were not there. Throws EXPERIMENT_NOT_FOUND, IMPORT_ID_TAKEN. */
  datasets(context: RequestContext, datasets: readonly ImportedEvaluationDataset[]): Promise<number>;
  /** Returns how many were not there. Throws EVALUATION_DATASET_NOT_FOUND, IMPORT_ID_TAKEN. */
  records(context: RequestContext, records: readonly ImportedEvaluationRecord[]): Promise<number>;
  /** `refused` are the places of those that hold code. Throws EXPERIMENT_NOT_FOUND, IMPORT_ID_TAKEN, IMPORT_VERSION_TAKEN. */
  scorers(
    context: RequestContext,
    versions: readonly ImportedScorerVersion[],
  ): Promise<{ readonly added: number; readonly refused: number[] }>;
}

export interface EvaluationImportsDeps {
  readonly sql: SqlDatabase;
  readonly audit: AuditLog;
  readonly experiments: NamedExperiments;
}

export function createEvaluationImports(deps: EvaluationImportsDeps): EvaluationImports {
  const { sql } = deps;

  /** Numbers by id. */
  async function numbersOf(
    workspace: string,
    ids: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, number>> {
    const numbers = new Map<string, number>();
    for (const id of ids) numbers.set(id, await numberOfExperiment(deps.experiments, workspace, id));
    return numbers;
  }

  return {
    async datasets(context, datasets) {
      const ids = new Set(datasets.flatMap(({ experiments = [] }) => experiments));
      const numbers = await numbersOf(context.workspace, ids);
      return await sql.transaction(async (tx) => {
        let added = 0;
        for (const dataset of datasets) if (await importDataset(deps, tx, context, dataset, numbers)) added++;
        return added;
      });
    },
    records: (context, records) =>
      sql.transaction(async (tx) => {
        let added = 0;
        for (const [id, own] of Map.groupBy(records, ({ datasetId }) => datasetId))
          added += await importRecords(deps, tx, context, id, own);
        return added;
      }),
    async scorers(context, versions) {
      const numbers = await numbersOf(
        context.workspace,
        new Set(versions.map(({ experimentId }) => experimentId)),
      );
      const refused: number[] = [];
      return await sql.transaction(async (tx) => {
        let added = 0;
        for (const [place, version] of versions.entries()) {
          const experiment = numbers.get(version.experimentId) ?? 0;
          if (problemOfDefinition(version.definition) !== undefined) refused.push(place);
          else if (await importScorerVersion(deps, tx, context, { ...version, experiment })) added++;
        }
        return { added, refused };
      });
    },
  };
}
