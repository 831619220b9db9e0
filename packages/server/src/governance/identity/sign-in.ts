import type { Me } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Authenticated } from './authenticated.ts';
import { removeFirstSignInFile } from './first-sign-in-file.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { actorOf, assertMayManage, type Principal } from './principal.ts';
import { findPrincipal, updatePrincipal } from './principal-store.ts';
import { requirePermission } from './require-permission.ts';
import { hashSecret, mintSecret } from './secret.ts';
import { csrfTokenOf, mintSessionToken, type Session, sessionHorizon } from './session.ts';
import { deleteSession, deleteSessionsBegunBefore, insertSession } from './session-store.ts';
import { findUsableLink, replaceLinks, useLink } from './sign-in-link-store.ts';

export interface SignedIn {
  /** For the httpOnly cookie `esteira_session` and nothing else. */
  readonly sessionToken: string;
  readonly csrfToken: string;
  /** When the cookie may go at the latest (ms); the session itself ends 12 hours after its last request. */
  readonly expiresAt: number;
  readonly me: Me;
}

export interface NewLink {
  /** `/#/sign-in/<secret>`: the secret is in the fragment, which browsers keep to themselves. */
  readonly path: string;
  readonly expiresAt: number;
}

const linkLifetimeMs = 15 * 60_000;
const weekMs = 7 * 24 * 3_600_000;

/**
 * Makes a link for a person, ending the earlier ones. Needs users:manage. Throws FORBIDDEN, USER_NOT_FOUND,
 * USER_KIND_UNSUITABLE, USER_DISABLED, OWNER_PROTECTED.
 */
export async function createSignInLink(
  deps: IdentityDeps,
  context: RequestContext,
  userId: string,
): Promise<NewLink> {
  requirePermission(context, 'users:manage');
  return deps.sql.transaction(async (tx) => {
    const user = await findPrincipal(tx, context.workspace, userId);
    if (user === undefined) throw esteiraError('USER_NOT_FOUND', { id: userId });
    if (user.kind !== 'user') {
      throw esteiraError('USER_KIND_UNSUITABLE', {
        name: user.name,
        problem: 'a service account does not sign in',
      });
    }
    if (user.disabledAt !== undefined) throw esteiraError('USER_DISABLED', { name: user.name });
    assertMayManage(context.actor, user);
    return issueLink(tx, deps, context, user);
  });
}

/** Makes the link inside the caller's transaction. Rules are checked by the caller. */
export async function issueLink(
  tx: SqlTransaction,
  deps: IdentityDeps,
  context: RequestContext,
  user: Principal,
): Promise<NewLink> {
  const now = deps.clock.now();
  const secret = `esl_${mintSecret(deps.random)}`;
  const id = deps.ids.next('lnk');
  const expiresAt = now + linkLifetimeMs;
  await replaceLinks(tx, {
    id,
    workspace: user.workspace,
    principalId: user.id,
    secretHash: hashSecret(secret),
    createdAt: now,
    expiresAt,
  });
  await deps.audit.record(tx, context, {
    action: 'identity.sign-in-link.created',
    subject: { kind: 'user', id: user.id },
    details: { linkId: id, expiresAt },
  });
  return { path: `/#/sign-in/${secret}`, expiresAt };
}

/**
 * Exchanges the secret of a link, once, for a session. Why it does not work is not told. Throws SIGN_IN_LINK_INVALID.
 */
export async function signIn(deps: IdentityDeps, secret: string, requestId: string): Promise<SignedIn> {
  const secretHash = hashSecret(secret);
  // Guesses are turned away by a read, before they could hold up the one writer.
  if ((await findUsableLink(deps.sql, secretHash, deps.clock.now())) === undefined)
    throw esteiraError('SIGN_IN_LINK_INVALID');
  const sessionToken = mintSessionToken(deps.random);
  const csrfToken = csrfTokenOf(sessionToken);
  const { user, session } = await deps.sql.transaction(async (tx) =>
    beginSession(tx, deps, secretHash, sessionToken, requestId),
  );
  await removeFirstSignInFile(deps);
  const actor = actorOf(user);
  const me = describeActor({ actor, workspace: user.workspace, session: { id: session.id, csrfToken } });
  return { sessionToken, csrfToken, expiresAt: sessionHorizon(session.createdAt), me };
}

/** Ends the session a request came with; without one there is nothing to end. */
export async function signOut(
  deps: IdentityDeps,
  authenticated: Authenticated,
  requestId: string,
): Promise<void> {
  const { session, actor, workspace } = authenticated;
  if (session === undefined) return;
  await deps.sql.transaction(async (tx) => {
    await deleteSession(tx, session.id);
    await deps.audit.record(
      tx,
      { actor, workspace, requestId },
      { action: 'identity.session.ended', subject: { kind: 'session', id: session.id } },
    );
  });
}

/** Who a request speaks for, as the page is told. */
export function describeActor(authenticated: Pick<Authenticated, 'actor' | 'workspace' | 'session'>): Me {
  const { actor, workspace, session } = authenticated;
  return {
    id: actor.id,
    kind: actor.kind,
    name: actor.name,
    workspace,
    roles: [...actor.roles],
    permissions: [...actor.permissions],
    ...(session === undefined ? {} : { csrfToken: session.csrfToken }),
  };
}

async function beginSession(
  tx: SqlTransaction,
  deps: IdentityDeps,
  secretHash: string,
  sessionToken: string,
  requestId: string,
): Promise<{ user: Principal; session: Session }> {
  const now = deps.clock.now();
  const link = await findUsableLink(tx, secretHash, now);
  const user = link === undefined ? undefined : await findPrincipal(tx, link.workspace, link.principalId);
  if (
    link === undefined ||
    user === undefined ||
    user.disabledAt !== undefined ||
    !(await useLink(tx, link.id, now))
  ) {
    throw esteiraError('SIGN_IN_LINK_INVALID');
  }
  const session: Session = {
    id: deps.ids.next('ses'),
    workspace: user.workspace,
    principalId: user.id,
    secretHash: hashSecret(sessionToken),
    createdAt: now,
    lastSeenAt: now,
  };
  await deleteSessionsBegunBefore(tx, now - weekMs);
  await insertSession(tx, session);
  await updatePrincipal(tx, { ...user, lastSignInAt: now });
  await deps.audit.record(
    tx,
    { actor: actorOf(user), workspace: user.workspace, requestId },
    {
      action: 'identity.session.began',
      subject: { kind: 'session', id: session.id },
      details: { linkId: link.id },
    },
  );
  return { user, session };
}
