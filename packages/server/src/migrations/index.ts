import type { Migration } from '../storage/sql/migrator.ts';
import { events } from './0000-events.ts';
import { governance } from './0001-governance.ts';
import { jobs } from './0002-jobs.ts';
import { projects } from './0003-projects.ts';
import { datasets } from './0004-datasets.ts';
import { tracking } from './0005-tracking.ts';
import { featureStore } from './0006-feature-store.ts';
import { training } from './0007-training.ts';
import { evaluation } from './0008-evaluation.ts';
import { tuning } from './0009-tuning.ts';
import { pipelines } from './0010-pipelines.ts';
import { registry } from './0011-registry.ts';
import { serving } from './0012-serving.ts';
import { monitoring } from './0013-monitoring.ts';
import { governanceChanges } from './0014-governance-changes.ts';
import { leases } from './0015-leases.ts';
import { commitEpochs } from './0016-commit-epochs.ts';
import { limits } from './0017-limits.ts';
import { retention } from './0018-retention.ts';
import { jobTraces } from './0020-job-traces.ts';
import { metricJournal } from './0021-metric-journal.ts';
import { replicaAddresses } from './0022-replica-addresses.ts';
import { trackingNumbers } from './0024-tracking-numbers.ts';
import { artifacts } from './0025-artifacts.ts';
import { registryLabels } from './0026-registry-labels.ts';
import { webhooks } from './0027-webhooks.ts';
import { traces } from './0028-traces.ts';
import { evaluationDatasets } from './0029-evaluation-datasets.ts';
import { metricOrder } from './0030-metric-order.ts';
import { runTexts } from './0031-run-texts.ts';
import { earlyTraceLinks } from './0034-early-trace-links.ts';
import { runComments } from './0035-run-comments.ts';
import { savedViews } from './0036-saved-views.ts';
import { issues } from './0037-issues.ts';
import { deployments } from './0038-deployments.ts';
import { endpointCallers } from './0039-endpoint-callers.ts';
import { allowedPickles } from './0040-allowed-pickles.ts';
import { journalSeries } from './0041-journal-series.ts';
import { experimentStates } from './0042-experiment-states.ts';
import { keyPermissions } from './0043-key-permissions.ts';
import { modelSecrets } from './0044-model-secrets.ts';
import { runRevisions } from './0046-run-revisions.ts';
import { changesOfRuns } from './0047-changes-of-runs.ts';

/** Every step of the schema, in order. Each has its line in MIGRATIONS.md. */
export const migrations: readonly Migration[] = [
  events,
  governance,
  jobs,
  projects,
  datasets,
  tracking,
  featureStore,
  training,
  evaluation,
  tuning,
  pipelines,
  registry,
  serving,
  monitoring,
  governanceChanges,
  leases,
  commitEpochs,
  limits,
  retention,
  jobTraces,
  metricJournal,
  replicaAddresses,
  trackingNumbers,
  artifacts,
  registryLabels,
  webhooks,
  traces,
  evaluationDatasets,
  metricOrder,
  runTexts,
  earlyTraceLinks,
  runComments,
  savedViews,
  issues,
  deployments,
  endpointCallers,
  allowedPickles,
  journalSeries,
  experimentStates,
  keyPermissions,
  modelSecrets,
  runRevisions,
  changesOfRuns,
];
