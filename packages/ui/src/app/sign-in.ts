import type { QueryClient } from '@tanstack/react-query';
import { type LoaderFunctionArgs, redirect } from 'react-router';
import type { PageClient } from '../api/page-client.ts';
import { meKey } from './query-client.ts';

/**
 * Loaders of the two sign-in addresses. The first takes the secret out of the address bar and the history before
 * anything else happens; the second exchanges it, once, and goes on to the projects.
 */
export function createSignIn({ pageClient, queries }: { pageClient: PageClient; queries: QueryClient }) {
  let offered: string | undefined;
  return {
    takeSecret({ params }: LoaderFunctionArgs): Response {
      offered = params.secret;
      window.history.replaceState(null, '', '#/sign-in');
      return redirect('/sign-in');
    },
    async exchangeSecret(): Promise<Response | { readonly error: unknown }> {
      const secret = offered;
      offered = undefined;
      if (secret === undefined) return redirect('/');
      try {
        const { csrfToken, me } = await pageClient.client.governance.signIn({ body: { secret } });
        pageClient.rememberCsrfToken(csrfToken);
        queries.setQueryData(meKey, me);
        return redirect('/');
      } catch (error) {
        return { error };
      }
    },
  };
}
