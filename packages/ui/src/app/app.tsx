import { MantineProvider } from '@mantine/core';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from 'react-router/dom';
import { LocalTheme } from '../components/local-theme.tsx';
import { theme } from '../components/theme.ts';
import { MessagesProvider } from '../messages/use-messages.tsx';
import type { PageRouter } from './page-router.tsx';

/** The page: colours, language, answers, routes. */
export function App({ queries, router }: { readonly queries: QueryClient; readonly router: PageRouter }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <MessagesProvider>
        <LocalTheme>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </LocalTheme>
      </MessagesProvider>
    </MantineProvider>
  );
}
