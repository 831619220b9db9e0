import type { en } from './en.ts';
import type { Translation } from './message.ts';
import { administrationMessages } from './pt-br/administration.ts';
import { changeMessages } from './pt-br/changes.ts';
import { datasetMessages } from './pt-br/datasets.ts';
import { experimentMessages } from './pt-br/experiments.ts';
import { issueMessages } from './pt-br/issues.ts';
import { judgingMessages } from './pt-br/judging.ts';
import { loggedModelMessages } from './pt-br/logged-models.ts';
import { modelMessages } from './pt-br/models.ts';
import { monitoringMessages } from './pt-br/monitoring.ts';
import { paletteMessages } from './pt-br/palette.ts';
import { pipelineModelMessages } from './pt-br/pipeline-models.ts';
import { pipelineMessages } from './pt-br/pipelines.ts';
import { projectMessages } from './pt-br/projects.ts';
import { promptMessages } from './pt-br/prompts.ts';
import { retentionMessages } from './pt-br/retention.ts';
import { runListMessages } from './pt-br/run-lists.ts';
import { runPlanMessages } from './pt-br/run-plans.ts';
import { runMessages } from './pt-br/runs.ts';
import { servingMessages } from './pt-br/serving.ts';
import { shellMessages } from './pt-br/shell.ts';
import { traceMessages } from './pt-br/traces.ts';

/** Every text of the page, in Brazilian Portuguese. */
export const ptBr: Translation<typeof en> = {
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
};
