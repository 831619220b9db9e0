import type { QueryClient } from '@tanstack/react-query';
import { type ComponentType, lazy } from 'react';
import { createHashRouter, Navigate } from 'react-router';
import type { PageClient } from '../api/page-client.ts';
import { BrokenPage } from './broken-page.tsx';
import { mlflowAddresses } from './mlflow-addresses.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { SessionGate } from './session-gate.tsx';
import { createSignIn } from './sign-in.ts';
import { SignInPage } from './sign-in-page.tsx';

export type PageRouter = ReturnType<typeof createPageRouter>;

/** Every address of the page. Rooms are loaded when they are first visited. */
export function createPageRouter({ pageClient, queries }: { pageClient: PageClient; queries: QueryClient }) {
  const signIn = createSignIn({ pageClient, queries });
  const rooms: readonly (readonly [path: string, page: ComponentType])[] = [
    ['projects', room(async () => (await import('../rooms/projects/projects-page.tsx')).ProjectsPage)],
    ['projects/:name', room(async () => (await import('../rooms/projects/project-page.tsx')).ProjectPage)],
    [
      'experiments',
      room(async () => (await import('../rooms/experiments/experiments-page.tsx')).ExperimentsPage),
    ],
    ['runs', room(async () => (await import('../rooms/runs/runs-page.tsx')).RunsPage)],
    [
      'runs/compare',
      room(async () => (await import('../rooms/runs/comparison/compare-runs-page.tsx')).CompareRunsPage),
    ],
    ['runs/:id', room(async () => (await import('../rooms/runs/run-page.tsx')).RunPage)],
    [
      'logged-models',
      room(async () => (await import('../rooms/runs/logged-models/logged-models-page.tsx')).LoggedModelsPage),
    ],
    [
      'logged-models/:id',
      room(async () => (await import('../rooms/runs/logged-models/logged-model-page.tsx')).LoggedModelPage),
    ],
    ['studies/:id', room(async () => (await import('../rooms/runs/study-page.tsx')).StudyPage)],
    ['models', room(async () => (await import('../rooms/models/models-page.tsx')).ModelsPage)],
    ['models/:name', room(async () => (await import('../rooms/models/model-page.tsx')).ModelPage)],
    [
      'models/:name/versions/:version',
      room(async () => (await import('../rooms/models/version-address.tsx')).VersionAddress),
    ],
    ['prompts', room(async () => (await import('../rooms/prompts/prompts-page.tsx')).PromptsPage)],
    ['prompts/:name', room(async () => (await import('../rooms/prompts/prompt-page.tsx')).PromptPage)],
    [
      'prompts/:name/versions/:version',
      room(async () => (await import('../rooms/prompts/prompt-version-page.tsx')).PromptVersionPage),
    ],
    [
      'model-versions/:id',
      room(async () => (await import('../rooms/models/model-version-page.tsx')).ModelVersionPage),
    ],
    [
      'evaluations/:id',
      room(async () => (await import('../rooms/models/evaluation-page.tsx')).EvaluationPage),
    ],
    ['changes', room(async () => (await import('../rooms/changes/changes-page.tsx')).ChangesPage)],
    ['changes/:id', room(async () => (await import('../rooms/changes/change-page.tsx')).ChangePage)],
    ['endpoints', room(async () => (await import('../rooms/serving/endpoints-page.tsx')).EndpointsPage)],
    ['endpoints/:name', room(async () => (await import('../rooms/serving/endpoint-page.tsx')).EndpointPage)],
    [
      'monitoring',
      room(async () => (await import('../rooms/monitoring/monitoring-page.tsx')).MonitoringPage),
    ],
    ['monitors/:name', room(async () => (await import('../rooms/monitoring/monitor-page.tsx')).MonitorPage)],
    ['traces', room(async () => (await import('../rooms/traces/traces-page.tsx')).TracesPage)],
    ['traces/:id', room(async () => (await import('../rooms/traces/trace-page.tsx')).TracePage)],
    ['issues', room(async () => (await import('../rooms/issues/issues-page.tsx')).IssuesPage)],
    ['issues/:id', room(async () => (await import('../rooms/issues/issue-page.tsx')).IssuePage)],
    [
      'judging',
      room(async () => (await import('../rooms/evaluation/evaluation-room-page.tsx')).EvaluationRoomPage),
    ],
    [
      'evaluation-datasets/:id',
      room(
        async () => (await import('../rooms/evaluation/evaluation-dataset-page.tsx')).EvaluationDatasetPage,
      ),
    ],
    ['scorers/:id', room(async () => (await import('../rooms/evaluation/scorer-page.tsx')).ScorerPage)],
    ['audit', room(async () => (await import('../rooms/administration/audit-page.tsx')).AuditPage)],
    ['retention', room(async () => (await import('../rooms/retention/retention-page.tsx')).RetentionPage)],
    ['servers', room(async () => (await import('../rooms/administration/servers-page.tsx')).ServersPage)],
    ['users', room(async () => (await import('../rooms/administration/users-page.tsx')).UsersPage)],
    [
      'lineage/:kind/:id',
      room(async () => (await import('../rooms/administration/lineage-page.tsx')).LineagePage),
    ],
    ['pipelines', room(async () => (await import('../rooms/pipelines/pipelines-page.tsx')).PipelinesPage)],
    [
      'pipelines/:name',
      room(async () => (await import('../rooms/pipelines/pipeline-page.tsx')).PipelinePage),
    ],
    [
      'pipeline-runs/:id',
      room(async () => (await import('../rooms/pipelines/pipeline-run-page.tsx')).PipelineRunPage),
    ],
    ['datasets', room(async () => (await import('../rooms/datasets/datasets-page.tsx')).DatasetsPage)],
    ['datasets/:name', room(async () => (await import('../rooms/datasets/dataset-page.tsx')).DatasetPage)],
    [
      'dataset-versions/:id',
      room(async () => (await import('../rooms/datasets/dataset-version-page.tsx')).DatasetVersionPage),
    ],
    [
      'validation-runs/:id',
      room(async () => (await import('../rooms/datasets/validation-run-page.tsx')).ValidationRunPage),
    ],
    ['splits/:id', room(async () => (await import('../rooms/datasets/split-page.tsx')).SplitPage)],
  ];
  return createHashRouter([
    { path: '/sign-in/:secret', loader: signIn.takeSecret, element: null, hydrateFallbackElement: <span /> },
    {
      path: '/sign-in',
      loader: signIn.exchangeSecret,
      element: <SignInPage />,
      hydrateFallbackElement: <span />,
    },
    {
      path: '/',
      element: <SessionGate pageClient={pageClient} />,
      errorElement: <BrokenPage />,
      children: [
        {
          errorElement: <BrokenPage />,
          children: [
            { index: true, element: <Navigate to="/projects" replace /> },
            ...rooms.map(([path, Page]) => ({ path, element: <Page /> })),
            ...mlflowAddresses.map(([path, element]) => ({ path, element })),
            { path: '*', element: <NotFoundPage /> },
          ],
        },
      ],
    },
  ]);
}

function room(load: () => Promise<ComponentType>) {
  return lazy(async () => ({ default: await load() }));
}
