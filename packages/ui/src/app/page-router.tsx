import type { QueryClient } from '@tanstack/react-query';
import { type ComponentType, lazy } from 'react';
import { createHashRouter, Navigate } from 'react-router';
import type { PageClient } from '../api/page-client.ts';
import { BrokenPage } from './broken-page.tsx';
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
    ['runs', room(async () => (await import('../rooms/runs/runs-page.tsx')).RunsPage)],
    ['runs/:id', room(async () => (await import('../rooms/runs/run-page.tsx')).RunPage)],
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
