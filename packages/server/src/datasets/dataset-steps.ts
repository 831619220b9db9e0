import { DatasetWindow, Name, Reference, SplitRecipe } from '@esteira/contracts';
import { z } from 'zod';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { StepKind, StepRun } from '../kernel/step-kind.ts';
import { chooseContract, validateVersion } from './contracts/validate-data.ts';
import { existingValidationRun, type ValidationRun } from './contracts/validation-run-store.ts';
import { datasetById, existingDataset } from './dataset-store.ts';
import type { DatasetsDeps } from './datasets-deps.ts';
import { chosenFiles } from './landing/landed-file-store.ts';
import { createSplit } from './splits/create-split.ts';
import { existingVersion } from './versions/dataset-version-store.ts';
import { ingest } from './versions/ingest.ts';

const Choice = z.union([z.number().int().min(1), z.enum(['latest', 'none'])]);

const IngestWith = z.object({
  dataset: Name,
  window: DatasetWindow.optional(),
  contract: Choice.optional(),
  deduplicate: z.boolean().default(false),
});

const ValidateWith = z.object({
  version: Reference,
  contract: z.union([z.number().int().min(1), z.literal('latest')]).optional(),
});

const SplitWith = SplitRecipe.extend({ version: Reference });

/** The step kinds of the room: `datasets.ingest`, `datasets.validate`, `datasets.split`. */
export function datasetSteps(deps: DatasetsDeps): readonly StepKind[] {
  return [ingestStep(deps), validateStep(deps), splitStep(deps)];
}

function ingestStep(deps: DatasetsDeps): StepKind {
  return {
    kind: 'datasets.ingest',
    version: '1',
    summary: 'Makes a version of the files that have landed in a dataset, validated against its contract.',
    with: IngestWith,
    cacheable: true,
    async externalState(context: RequestContext, withValues: unknown) {
      const wanted = IngestWith.parse(withValues);
      const dataset = await existingDataset(deps.sql, context.workspace, wanted.dataset);
      const files = await chosenFiles(deps.sql, dataset, undefined);
      const contract = await chooseContract(deps, dataset, wanted.contract);
      return { files: files.map((file) => file.digest).sort(), contract: contract?.digest ?? null };
    },
    async run(step: StepRun) {
      const wanted = IngestWith.parse(step.with);
      const result = await ingest(deps, step.context, wanted, step);
      const { rowsRead, rowsOutsideWindow, duplicatesRemoved } = result;
      step.log.metrics({
        rows_read: rowsRead,
        rows_outside_window: rowsOutsideWindow,
        duplicates_removed: duplicatesRemoved,
      });
      if (result.versionId === undefined) {
        throw await refusal(deps, step.context.workspace, wanted.dataset, result.validationRunId ?? '');
      }
      const version = await existingVersion(deps.sql, step.context.workspace, result.versionId);
      step.log.metrics({ rows: version.rows });
      return { version: { type: 'dataset-version', id: version.id, digest: version.digest } };
    },
  };
}

function validateStep(deps: DatasetsDeps): StepKind {
  return {
    kind: 'datasets.validate',
    version: '1',
    summary: 'Validates a dataset version against a contract and fails when it is refused.',
    with: ValidateWith,
    cacheable: true,
    async externalState(context: RequestContext, withValues: unknown) {
      const wanted = ValidateWith.parse(withValues);
      const version = await existingVersion(deps.sql, context.workspace, wanted.version.id);
      const dataset = await datasetById(deps.sql, context.workspace, version.datasetId);
      const contract = await chooseContract(
        deps,
        dataset,
        wanted.contract ?? dataset.contractVersion ?? 'latest',
      );
      return { contract: contract?.digest ?? null };
    },
    async run(step: StepRun) {
      const wanted = ValidateWith.parse(step.with);
      const request = { versionId: wanted.version.id, contract: wanted.contract };
      const run = await validateVersion(deps, step.context, request);
      const { rows, failingRows, failedChecks } = run.validation;
      step.log.metrics({ rows, failing_rows: failingRows, failed_checks: failedChecks });
      if (run.validation.outcome === 'refused') throw refusalOf(run, wanted.version.id);
      return {
        validation: { type: 'validation-run', id: run.id, digest: run.digest },
        version: wanted.version,
      };
    },
  };
}

function splitStep(deps: DatasetsDeps): StepKind {
  return {
    kind: 'datasets.split',
    version: '1',
    summary: 'Splits a dataset version by time into training, validation and test rows.',
    with: SplitWith,
    cacheable: true,
    async run(step: StepRun) {
      const { version, ...request } = SplitWith.parse(step.with);
      const split = await createSplit(deps, step.context, version.id, request);
      const { train, validation, test } = split.parts;
      step.log.metrics({
        train_rows: train.rows,
        ...(validation === undefined ? {} : { validation_rows: validation.rows }),
        test_rows: test.rows,
        shared_rows: split.leakage.sharedRows,
      });
      return { split: { type: 'split', id: split.id, digest: split.digest } };
    },
  };
}

async function refusal(
  deps: DatasetsDeps,
  workspace: string,
  dataset: string,
  runId: string,
): Promise<Error> {
  return refusalOf(await existingValidationRun(deps.sql, workspace, runId), dataset);
}

function refusalOf(run: ValidationRun, subject: string): Error {
  const { failedChecks, failingRows } = run.validation;
  return esteiraError('DATASET_REFUSED', {
    dataset: subject,
    failedChecks,
    failingRows,
    validationRunId: run.id,
  });
}
