import type { Actor } from '../../kernel/actor.ts';

/** Who a request speaks for. `session` is there for a browser, `tokenId` for an API token. */
export interface Authenticated {
  readonly actor: Actor;
  readonly workspace: string;
  readonly session?: { readonly id: string; readonly csrfToken: string };
  readonly tokenId?: string;
}
