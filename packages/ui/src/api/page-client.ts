import { createClient, type EsteiraClient } from '@esteira/sdk';

/** The client of the page: same origin, session cookie, and the session's CSRF token once it is known. */
export interface PageClient {
  readonly client: EsteiraClient;
  rememberCsrfToken(token: string | undefined): void;
}

export function createPageClient(): PageClient {
  let csrfToken: string | undefined;
  return {
    client: createClient({ csrfToken: () => csrfToken }),
    rememberCsrfToken(token) {
      csrfToken = token;
    },
  };
}
