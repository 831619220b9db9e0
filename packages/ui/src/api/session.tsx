import type { Me, Permission } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import { createContext, useContext } from 'react';

/** Who is signed in, and the client that speaks for them. */
export interface Session {
  readonly client: EsteiraClient;
  readonly me: Me;
  signOut(): Promise<void>;
}

export const SessionContext = createContext<Session | undefined>(undefined);

/** The session of the page; only below the sign-in gate. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession needs a signed-in page above it');
  return session;
}

/** Whether the signed-in person may do something: buttons that would be refused are not shown. */
export function useMay(permission: Permission): boolean {
  return useSession().me.permissions.includes(permission);
}
