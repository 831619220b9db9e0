import { administrationMessages } from './en/administration.ts';
import { changeMessages } from './en/changes.ts';
import { datasetMessages } from './en/datasets.ts';
import { judgingMessages } from './en/judging.ts';
import { modelMessages } from './en/models.ts';
import { monitoringMessages } from './en/monitoring.ts';
import { pipelineMessages } from './en/pipelines.ts';
import { projectMessages } from './en/projects.ts';
import { retentionMessages } from './en/retention.ts';
import { runListMessages } from './en/run-lists.ts';
import { runMessages } from './en/runs.ts';
import { servingMessages } from './en/serving.ts';
import { shellMessages } from './en/shell.ts';
import { traceMessages } from './en/traces.ts';

/** Every text of the page, in English: the catalogue that the others must match key by key. */
export const en = {
  ...shellMessages,
  ...projectMessages,
  ...runMessages,
  ...runListMessages,
  ...pipelineMessages,
  ...datasetMessages,
  ...modelMessages,
  ...changeMessages,
  ...servingMessages,
  ...monitoringMessages,
  ...administrationMessages,
  ...retentionMessages,
  ...traceMessages,
  ...judgingMessages,
} as const;
