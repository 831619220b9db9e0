import { datasetErrors } from './errors/dataset-errors.ts';
import type { ErrorTable } from './errors/error-table.ts';
import { featureStoreErrors } from './errors/feature-store-errors.ts';
import { governanceErrors } from './errors/governance-errors.ts';
import { httpErrors } from './errors/http-errors.ts';
import { kernelErrors } from './errors/kernel-errors.ts';
import { llmErrors } from './errors/llm-errors.ts';
import { modelServerErrors } from './errors/model-server-errors.ts';
import { monitoringErrors } from './errors/monitoring-errors.ts';
import { pipelineErrors } from './errors/pipeline-errors.ts';
import { projectErrors } from './errors/project-errors.ts';
import { registryErrors } from './errors/registry-errors.ts';
import { servingErrors } from './errors/serving-errors.ts';
import { storageErrors } from './errors/storage-errors.ts';
import { trackingErrors } from './errors/tracking-errors.ts';
import { trainingErrors } from './errors/training-errors.ts';

/**
 * The one table of errors. A code is permanent: it may gain words, never change meaning. `{name}` in a text is filled
 * from the error's details.
 */
export const errorTable = {
  ...kernelErrors,
  ...storageErrors,
  ...httpErrors,
  ...governanceErrors,
  ...projectErrors,
  ...datasetErrors,
  ...trackingErrors,
  ...featureStoreErrors,
  ...trainingErrors,
  ...pipelineErrors,
  ...registryErrors,
  ...servingErrors,
  ...monitoringErrors,
  ...llmErrors,
  ...modelServerErrors,
} as const satisfies ErrorTable;

export type ErrorCode = keyof typeof errorTable;
