import { ApiError } from '@esteira/sdk';
import { Center, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { PageClient } from '../api/page-client.ts';
import { SessionContext } from '../api/session.tsx';
import { ErrorNotice } from '../components/error-notice.tsx';
import { meKey } from './query-client.ts';
import { Shell } from './shell.tsx';
import { SignedOutPage } from './signed-out-page.tsx';

/** Shows the rooms to whoever is signed in, and how to sign in to everybody else. */
export function SessionGate({ pageClient }: { readonly pageClient: PageClient }) {
  const queries = useQueryClient();
  const { client, rememberCsrfToken } = pageClient;
  const me = useQuery({
    queryKey: meKey,
    queryFn: async ({ signal }) => {
      const answer = await client.governance.me({}, { signal });
      rememberCsrfToken(answer.csrfToken);
      return answer;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const session = useMemo(
    () =>
      me.data && {
        client,
        me: me.data,
        signOut: async () => {
          await client.governance.signOut({});
          rememberCsrfToken(undefined);
          queries.removeQueries({ predicate: ({ queryKey }) => queryKey[1] !== meKey[1] });
          await queries.resetQueries({ queryKey: meKey });
        },
      },
    [me.data, client, rememberCsrfToken, queries],
  );
  if (session) {
    return (
      <SessionContext value={session}>
        <Shell />
      </SessionContext>
    );
  }
  if (me.error instanceof ApiError && me.error.status === 401) return <SignedOutPage />;
  return (
    <Center h="100vh" p="md">
      {me.error ? <ErrorNotice error={me.error} retry={() => void me.refetch()} /> : <Loader size="sm" />}
    </Center>
  );
}
