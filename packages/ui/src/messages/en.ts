import { administrationMessages } from './en/administration.ts';
import { changeMessages } from './en/changes.ts';
import { datasetMessages } from './en/datasets.ts';
import { experimentMessages } from './en/experiments.ts';
import { issueMessages } from './en/issues.ts';
import { judgingMessages } from './en/judging.ts';
import { loggedModelMessages } from './en/logged-models.ts';
import { modelMessages } from './en/models.ts';
import { monitoringMessages } from './en/monitoring.ts';
import { paletteMessages } from './en/palette.ts';
import { pipelineModelMessages } from './en/pipeline-models.ts';
import { pipelineMessages } from './en/pipelines.ts';
import { projectMessages } from './en/projects.ts';
import { promptMessages } from './en/prompts.ts';
import { retentionMessages } from './en/retention.ts';
import { runListMessages } from './en/run-lists.ts';
import { runPlanMessages } from './en/run-plans.ts';
import { runMessages } from './en/runs.ts';
import { servingMessages } from './en/serving.ts';
import { shellMessages } from './en/shell.ts';
import { traceMessages } from './en/traces.ts';

/** Every text of the page, in English: the catalogue that the others must match key by key. */
export const en = {
  ...shellMessages,
  ...paletteMessages,
  ...projectMessages,
  ...runMessages,
  ...runListMessages,
  ...runPlanMessages,
  ...loggedModelMessages,
  ...pipelineMessages,
  ...pipelineModelMessages,
  ...datasetMessages,
  ...modelMessages,
  ...changeMessages,
  ...servingMessages,
  ...monitoringMessages,
  ...administrationMessages,
  ...retentionMessages,
  ...traceMessages,
  ...issueMessages,
  ...experimentMessages,
  ...judgingMessages,
  ...promptMessages,
} as const;
