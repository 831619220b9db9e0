import type { Command } from 'commander';
import { createBareProgram } from './bare-program.ts';
import type { CommandContext } from './command-context.ts';
import { addContractsCommand } from './commands/datasets/contracts.ts';
import { addDatasetsCommand } from './commands/datasets/datasets.ts';
import { addVersionCommands } from './commands/datasets/versions.ts';
import { addEvalDatasetsCommand } from './commands/evaluation/eval-datasets.ts';
import { addEvaluationsCommand } from './commands/evaluation/evaluations.ts';
import { addScorersCommand } from './commands/evaluation/scorers.ts';
import { addFeaturesCommand } from './commands/feature-store/features.ts';
import { addApplyCommand } from './commands/governance/apply.ts';
import { addApproveCommand } from './commands/governance/approve.ts';
import { addAuditCommand } from './commands/governance/audit.ts';
import { addChangesCommand } from './commands/governance/changes.ts';
import { addCostsCommand } from './commands/governance/costs.ts';
import { addGatesCommand } from './commands/governance/gates.ts';
import { addGcCommand } from './commands/governance/gc.ts';
import { addHoldsCommand } from './commands/governance/holds.ts';
import { addLineageCommand } from './commands/governance/lineage.ts';
import { addPlanCommand, addRollbackCommand } from './commands/governance/plan.ts';
import { addPoliciesCommand } from './commands/governance/policies.ts';
import { addRetentionCommand } from './commands/governance/retention.ts';
import { addTokensCommand } from './commands/governance/tokens.ts';
import { addUsersCommand } from './commands/governance/users.ts';
import { addWaiversCommand } from './commands/governance/waivers.ts';
import { addWebhooksCommand } from './commands/governance/webhooks.ts';
import { addBackupCommand, addBackupsCommand } from './commands/installation/backup.ts';
import { addBlobsCommand } from './commands/installation/blobs.ts';
import { addErrorsCommand } from './commands/installation/errors.ts';
import { addImportCommand } from './commands/installation/import.ts';
import { addLoginCommand } from './commands/installation/login.ts';
import { addMigrateCommand } from './commands/installation/migrate.ts';
import { addReplicasCommand } from './commands/installation/replicas.ts';
import { addHouseCommand, addRestoreCommand } from './commands/installation/restore.ts';
import { addServeCommand } from './commands/installation/serve.ts';
import { addWhoamiCommand } from './commands/installation/whoami.ts';
import { addJobsCommand } from './commands/jobs/jobs.ts';
import { addIssuesCommand } from './commands/llm/issues.ts';
import { addTracesCommand } from './commands/llm/traces.ts';
import { addAlertsCommand } from './commands/monitoring/alerts.ts';
import { addLabelsCommand } from './commands/monitoring/labels.ts';
import { addMonitorsCommand } from './commands/monitoring/monitors.ts';
import {
  addAlertRoutesCommand,
  addNotificationsCommand,
  addSilencesCommand,
} from './commands/monitoring/notifications.ts';
import { addRetrainingCommand } from './commands/monitoring/retraining.ts';
import { addPipelinesCommand } from './commands/pipelines/pipelines.ts';
import { addRunCommand } from './commands/pipelines/run.ts';
import { addProjectsCommand } from './commands/projects/projects.ts';
import { addModelsCommand } from './commands/registry/models.ts';
import { addAskCommand } from './commands/serving/ask.ts';
import { addBenchCommands } from './commands/serving/bench.ts';
import { addDeployCommand } from './commands/serving/deploy.ts';
import { addEndpointCheckCommands } from './commands/serving/endpoint-checks.ts';
import { addEndpointSettingCommands } from './commands/serving/endpoint-settings.ts';
import { addEndpointsCommand } from './commands/serving/endpoints.ts';
import { addKeysCommand } from './commands/serving/keys.ts';
import { addLiveCommand } from './commands/serving/live.ts';
import { addExperimentsCommand } from './commands/tracking/experiments.ts';
import { addLoggedModelsCommand } from './commands/tracking/logged-models.ts';
import { addRunCommentCommands } from './commands/tracking/run-comments.ts';
import { addRunGroupCommands } from './commands/tracking/run-groups.ts';
import { addRunRecordCommands } from './commands/tracking/run-records.ts';
import { addRunViewsCommand } from './commands/tracking/run-views.ts';
import { addRunsCommand } from './commands/tracking/runs.ts';
import { addTrainedModelsCommand } from './commands/training/trained-models.ts';
import { addStudiesCommand } from './commands/tuning/studies.ts';

type AddCommand = (program: Command, context: CommandContext) => unknown;

/** Every command, in the order and under the headings of `esteira --help`. */
const commands: readonly (readonly [heading: string, ...commands: AddCommand[]])[] = [
  [
    'Installation:',
    addServeCommand,
    addMigrateCommand,
    addBlobsCommand,
    addReplicasCommand,
    addLoginCommand,
    addWhoamiCommand,
    addErrorsCommand,
  ],
  [
    'Keeping and moving it:',
    addBackupCommand,
    addBackupsCommand,
    addRestoreCommand,
    addHouseCommand,
    addImportCommand,
  ],
  ['Projects and data:', addProjectsCommand, addDatasets, addContractsCommand, addFeaturesCommand],
  [
    'Training:',
    addRunCommand,
    addPipelinesCommand,
    addExperimentsCommand,
    addLoggedModelsCommand,
    addTracesCommand,
    addIssuesCommand,
    addEvalDatasetsCommand,
    addScorersCommand,
    addRuns,
    addStudiesCommand,
    addTrainedModelsCommand,
    addEvaluationsCommand,
  ],
  [
    'Changing what is live:',
    addPlanCommand,
    addApproveCommand,
    addApplyCommand,
    addRollbackCommand,
    addGatesCommand,
    addChangesCommand,
    addWaiversCommand,
    addPoliciesCommand,
  ],
  ['Models in use:', addDeployCommand, addModelsCommand, addEndpoints, addKeysCommand, addBenchCommands],
  [
    'Watching:',
    addMonitorsCommand,
    addLabelsCommand,
    addAlertsCommand,
    addAlertRoutesCommand,
    addNotificationsCommand,
    addSilencesCommand,
    addWebhooksCommand,
    addRetrainingCommand,
  ],
  ['Records:', addLineageCommand, addCostsCommand, addJobsCommand, addAuditCommand],
  ['Keeping and freeing:', addRetentionCommand, addHoldsCommand, addGcCommand],
  ['People:', addUsersCommand, addTokensCommand],
];

/** The `esteira` command. Parsing throws instead of ending the process. */
export function createProgram(context: CommandContext): Command {
  const program = createBareProgram(context);
  for (const [heading, ...group] of commands) {
    program.commandsGroup(heading);
    for (const add of group) add(program, context);
  }
  return program;
}

function addDatasets(program: Command, context: CommandContext): void {
  addVersionCommands(addDatasetsCommand(program, context), context);
}

function addRuns(program: Command, context: CommandContext): void {
  const runs = addRunsCommand(program, context);
  addRunRecordCommands(runs, context);
  addRunGroupCommands(runs, context);
  addRunCommentCommands(runs, context);
  addRunViewsCommand(program, context);
}

function addEndpoints(program: Command, context: CommandContext): void {
  const endpoints = addEndpointsCommand(program, context);
  addAskCommand(endpoints, context);
  addLiveCommand(endpoints, context);
  addEndpointCheckCommands(endpoints, context);
  addEndpointSettingCommands(endpoints, context);
}
