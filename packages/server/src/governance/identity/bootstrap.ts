import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { isLive, tokenParts } from './api-token.ts';
import { removeFirstSignInFile, writeFirstSignInFile } from './first-sign-in-file.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { type Principal, systemActor } from './principal.ts';
import { enabledOwners, ensureWorkspace } from './principal-store.ts';
import { sameText } from './secret.ts';
import { issueLink, type NewLink } from './sign-in.ts';
import { hasUsableLink } from './sign-in-link-store.ts';
import { findTokenByPublicId, hasLiveToken } from './token-store.ts';
import { issueToken } from './tokens-service.ts';
import { createPrincipal } from './users-service.ts';

export type BootstrapOptions = TokenBootstrap | LinkBootstrap;

interface TokenBootstrap {
  /** Becomes the owner's API token while there is no owner: 32 to 512 characters without spaces. */
  readonly bootstrapToken: string;
}

interface LinkBootstrap {
  /** `https://esteira.example.com`; the link begins with it. */
  readonly publicUrl: string;
  /** Somebody sees standard output; otherwise the link goes into a file, because logs are kept and forwarded. */
  readonly interactive: boolean;
  /** Another server of the installation is running: a link that it has given stays good. */
  readonly othersAlive?: boolean;
}

export type BootstrapOutcome =
  /** To be shown once. */
  | { readonly kind: 'link'; readonly url: string }
  /** The link is in this file (mode 0600), which is removed at the first sign-in. */
  | { readonly kind: 'link-file'; readonly path: string }
  /** The bootstrap token is now the owner's. */
  | { readonly kind: 'token' }
  | { readonly kind: 'none'; readonly warning?: string };

export const defaultWorkspace = 'default';

type LinkStep = { readonly kind: 'none'; readonly warning?: string } | { readonly link: NewLink };

const firstOwner = { name: 'owner', kind: 'user', roles: ['owner'] } as const;

/**
 * Sees to it at each start that somebody can get in. Without an owner: makes one, with the bootstrap token or with a link.
 * With an owner who has never been in and has no token: a new link in place of the old, unless that was given by a server
 * that runs beside this one. Otherwise nothing, with a warning when the bootstrap token is not the owner's. Throws BAD_CONFIG
 * for an unfit bootstrap token.
 */
export async function bootstrap(deps: IdentityDeps, options: BootstrapOptions): Promise<BootstrapOutcome> {
  if ('bootstrapToken' in options) {
    const { bootstrapToken } = options;
    assertFit(bootstrapToken);
    return await deps.sql.transaction((tx) => takeToken(tx, deps, bootstrapToken));
  }
  const step = await deps.sql.transaction((tx) => offerLink(tx, deps, options.othersAlive ?? false));
  if (!('link' in step)) return step;
  const url = `${options.publicUrl.replace(/\/+$/, '')}${step.link.path}`;
  if (!options.interactive) return { kind: 'link-file', path: await writeFirstSignInFile(deps, url) };
  await removeFirstSignInFile(deps);
  return { kind: 'link', url };
}

function assertFit(token: string): void {
  if (token.length < 32 || token.length > 512) {
    throw esteiraError('BAD_CONFIG', { problem: 'the bootstrap token must have 32 to 512 characters' });
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw esteiraError('BAD_CONFIG', {
      problem: 'the bootstrap token must be printable ASCII without spaces',
    });
  }
}

async function takeToken(
  tx: SqlTransaction,
  deps: IdentityDeps,
  bootstrapToken: string,
): Promise<BootstrapOutcome> {
  const { context, now, owners } = await lookForOwners(tx, deps);
  if (owners.length > 0) return compareToken(tx, owners, bootstrapToken, now);
  const owner = await createPrincipal(tx, deps, context, firstOwner);
  await issueToken(tx, deps, context, owner, {
    name: 'bootstrap',
    expiresAt: undefined,
    secret: bootstrapToken,
  });
  return { kind: 'token' };
}

async function offerLink(tx: SqlTransaction, deps: IdentityDeps, othersAlive: boolean): Promise<LinkStep> {
  const { context, now, owners } = await lookForOwners(tx, deps);
  const [first] = owners;
  if (first === undefined) {
    const owner = await createPrincipal(tx, deps, context, firstOwner);
    return { link: await issueLink(tx, deps, context, owner) };
  }
  for (const owner of owners) {
    if (owner.lastSignInAt !== undefined || (await hasLiveToken(tx, owner.workspace, owner.id, now)))
      return { kind: 'none' };
  }
  if (othersAlive && (await hasUsableLink(tx, first.id, now))) {
    const warning = 'The sign-in link was given by another server of this installation at its start.';
    return { kind: 'none', warning };
  }
  return { link: await issueLink(tx, deps, context, first) };
}

async function lookForOwners(tx: SqlTransaction, deps: IdentityDeps) {
  const now = deps.clock.now();
  const context: RequestContext = {
    workspace: defaultWorkspace,
    actor: systemActor,
    requestId: deps.ids.next('req'),
  };
  await ensureWorkspace(tx, defaultWorkspace, now);
  return { context, now, owners: await enabledOwners(tx, defaultWorkspace) };
}

async function compareToken(
  tx: SqlTransaction,
  owners: readonly Principal[],
  bootstrapToken: string,
  now: number,
): Promise<BootstrapOutcome> {
  const parts = tokenParts(bootstrapToken);
  const stored = await findTokenByPublicId(tx, parts.publicId);
  const isOwners = stored !== undefined && owners.some((owner) => owner.id === stored.principalId);
  if (isOwners && sameText(stored.secretHash, parts.secretHash) && isLive(stored, now))
    return { kind: 'none' };
  return {
    kind: 'none',
    warning:
      'The bootstrap token is not a token of an owner and was ignored: it is used only while no owner exists. ' +
      'Remove it, or make a new token in the settings.',
  };
}
