import { z } from 'zod';
import { permissions, roles } from './permissions.ts';
import { ById, Json, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

export const RoleName = z.enum(roles);

/** Name of a person or a service account, unique in its workspace: `ana.souza`, `ana@example.com`, `ci-bot`. */
export const PrincipalName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/,
    'letters, digits, dot, dash, underscore, at and plus; 1 to 128 characters',
  );

/** A person (`user`), who signs in, or a service account (`service`), which only has tokens. */
export const User = z.object({
  id: z.string(),
  kind: z.enum(['user', 'service']),
  name: PrincipalName,
  roles: z.array(RoleName),
  disabled: z.boolean(),
  createdAt: Timestamp,
  lastSignInAt: Timestamp.optional(),
});
export type User = z.infer<typeof User>;

/** Who the request speaks for. `csrfToken` is there only in a session: the page sends it as `x-esteira-csrf`. */
export const Me = z.object({
  id: z.string(),
  kind: z.enum(['user', 'service', 'system']),
  name: z.string(),
  workspace: z.string(),
  roles: z.array(RoleName),
  permissions: z.array(z.enum(permissions)),
  csrfToken: z.string().optional(),
});
export type Me = z.infer<typeof Me>;

/** An API token as it can be shown: everything but the secret, of which only a hash is kept. */
export const ApiToken = z.object({
  id: z.string(),
  userId: z.string(),
  name: Name,
  /** The part of the token between its two underscores. */
  publicId: z.string(),
  /** The last characters of the secret, to recognise a token by. */
  suffix: z.string(),
  /** Narrower roles than those of the user; absent: the user's own. */
  roles: z.array(RoleName).optional(),
  createdAt: Timestamp,
  expiresAt: Timestamp.optional(),
  revokedAt: Timestamp.optional(),
  /** Exact to a minute. */
  lastUsedAt: Timestamp.optional(),
});
export type ApiToken = z.infer<typeof ApiToken>;

/** One row of the audit log. `index` is its place in the Merkle log, absent in the moment before it is sealed. */
export const AuditEntry = z.object({
  id: z.string(),
  index: z.number().int().optional(),
  at: Timestamp,
  action: z.string(),
  actor: z.object({ id: z.string(), kind: z.enum(['user', 'service', 'system']) }),
  subject: z.object({ kind: z.string(), id: z.string() }),
  requestId: z.string(),
  details: Json,
});
export type AuditEntry = z.infer<typeof AuditEntry>;

const HexHash = z.string().regex(/^[0-9a-f]{64}$/);
const LogSize = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Whether the log is what was signed. `problems` come in the order of the log; the first names the first bad row. */
export const AuditVerification = z.object({
  ok: z.boolean(),
  size: z.number().int(),
  rootHash: HexHash,
  signedHeads: z.number().int(),
  /** Rows younger than the last signed head. */
  unsealed: z.number().int(),
  problems: z.array(z.object({ index: z.number().int(), problem: z.string() })),
});
export type AuditVerification = z.infer<typeof AuditVerification>;

/** The newest signed head: `checkpoint` in the C2SP form (a signed note), `verifierKey` the key that verifies it. */
export const AuditCheckpoint = z.object({
  size: z.number().int(),
  rootHash: HexHash,
  checkpoint: z.string(),
  verifierKey: z.string(),
});
export type AuditCheckpoint = z.infer<typeof AuditCheckpoint>;

/** Proof that a row is in the log whose head is signed by `checkpoint` (RFC 9162, section 2.1.3). */
export const AuditInclusionProof = z.object({
  index: z.number().int(),
  size: z.number().int(),
  /** The canonical JSON of the row: the leaf hash is SHA-256(0x00 ‖ its UTF-8). */
  entry: z.string(),
  leafHash: HexHash,
  hashes: z.array(HexHash),
  rootHash: HexHash,
  checkpoint: z.string(),
});
export type AuditInclusionProof = z.infer<typeof AuditInclusionProof>;

/** Proof that the log of size `to` begins with the log of size `from` (RFC 9162, section 2.1.4). */
export const AuditConsistencyProof = z.object({
  from: z.number().int(),
  to: z.number().int(),
  fromRootHash: HexHash,
  toRootHash: HexHash,
  hashes: z.array(HexHash),
});
export type AuditConsistencyProof = z.infer<typeof AuditConsistencyProof>;

/** Operations on users, tokens, sessions and the audit log; part of the room governance. */
export const identityApi = {
  signIn: route({
    id: 'governance.signIn',
    method: 'POST',
    path: '/api/v1/sign-in',
    access: 'open',
    summary: 'Exchanges the secret of a sign-in link, once, for a session cookie.',
    body: z.object({ secret: z.string().min(1).max(512) }),
    response: z.object({ csrfToken: z.string(), expiresAt: Timestamp, me: Me }),
  }),
  signOut: route({
    id: 'governance.signOut',
    method: 'POST',
    path: '/api/v1/sign-out',
    access: 'self',
    summary: 'Ends the session of the cookie.',
    response: z.object({}),
  }),
  me: route({
    id: 'governance.me',
    method: 'GET',
    path: '/api/v1/me',
    access: 'self',
    summary: 'Says who the request speaks for and what it may do.',
    response: Me,
  }),
  createSignInLink: route({
    id: 'governance.createSignInLink',
    method: 'POST',
    path: '/api/v1/sign-in-links',
    access: 'users:manage',
    summary:
      'Makes a link that signs a person in once, within 15 minutes. Earlier unused links of the person stop working.',
    body: z.object({ userId: z.string().min(1).max(128) }),
    response: z.object({
      /** To be put behind the address of the server; the secret is in the fragment, which browsers never send. */
      path: z.string(),
      expiresAt: Timestamp,
    }),
    status: 201,
  }),
  createUser: route({
    id: 'governance.createUser',
    method: 'POST',
    path: '/api/v1/users',
    access: 'users:manage',
    summary: 'Creates a person or a service account.',
    body: z.object({
      name: PrincipalName,
      kind: z.enum(['user', 'service']).default('user'),
      roles: z.array(RoleName).min(1).max(roles.length),
    }),
    response: User,
    status: 201,
  }),
  listUsers: route({
    id: 'governance.listUsers',
    method: 'GET',
    path: '/api/v1/users',
    access: 'users:read',
    summary: 'Lists people and service accounts, newest first.',
    query: PageQuery,
    response: pageOf(User),
  }),
  updateUser: route({
    id: 'governance.updateUser',
    method: 'PATCH',
    path: '/api/v1/users/:id',
    access: 'users:manage',
    summary: 'Changes the roles of a user, or disables or enables it; works at once on sessions and tokens.',
    params: ById,
    body: z.object({
      roles: z.array(RoleName).min(1).max(roles.length).optional(),
      disabled: z.boolean().optional(),
    }),
    response: User,
  }),
  createToken: route({
    id: 'governance.createToken',
    method: 'POST',
    path: '/api/v1/tokens',
    access: 'self',
    summary:
      'Makes an API token for oneself or, with tokens:manage, for a service account. The secret is shown only here.',
    body: z.object({
      name: Name,
      /** A service account; absent: oneself. */
      userId: z.string().min(1).max(128).optional(),
      roles: z.array(RoleName).min(1).max(roles.length).optional(),
      expiresInDays: z.number().int().min(1).max(365).default(90),
    }),
    response: z.object({ token: ApiToken, secret: z.string() }),
    status: 201,
  }),
  listTokens: route({
    id: 'governance.listTokens',
    method: 'GET',
    path: '/api/v1/tokens',
    access: 'self',
    summary: 'Lists one’s own API tokens or, with tokens:manage, those of another user, newest first.',
    query: PageQuery.extend({ userId: z.string().min(1).max(128).optional() }),
    response: pageOf(ApiToken),
  }),
  revokeToken: route({
    id: 'governance.revokeToken',
    method: 'DELETE',
    path: '/api/v1/tokens/:id',
    access: 'self',
    summary: 'Revokes an API token of one’s own or, with tokens:manage, of another user.',
    params: ById,
    response: ApiToken,
  }),
  listAudit: route({
    id: 'governance.listAudit',
    method: 'GET',
    path: '/api/v1/audit',
    access: 'audit:read',
    summary: 'Lists the audit log of the workspace, newest first.',
    query: PageQuery.extend({
      action: z.string().max(128).optional(),
      actorId: z.string().max(128).optional(),
      subjectKind: z.string().max(128).optional(),
      subjectId: z.string().max(256).optional(),
      from: z.coerce.number().int().optional(),
      until: z.coerce.number().int().optional(),
    }),
    response: pageOf(AuditEntry),
  }),
  verifyAudit: route({
    id: 'governance.verifyAudit',
    method: 'GET',
    path: '/api/v1/audit/verify',
    access: 'audit:read',
    summary:
      'Re-hashes the whole audit log and compares it with the signed heads and, if given, with a head kept elsewhere.',
    query: z.object({
      /** Of a checkpoint that was exported earlier; only this can show that the end of the log was cut off. */
      size: LogSize.optional(),
      rootHash: HexHash.optional(),
    }),
    response: AuditVerification,
  }),
  auditCheckpoint: route({
    id: 'governance.auditCheckpoint',
    method: 'GET',
    path: '/api/v1/audit/checkpoint',
    access: 'audit:read',
    summary: 'Gives the newest signed head of the audit log, to be kept outside the server.',
    response: AuditCheckpoint,
  }),
  auditProof: route({
    id: 'governance.auditProof',
    method: 'GET',
    path: '/api/v1/audit/proof/:index',
    access: 'audit:read',
    summary: 'Proves that a row of the workspace is in the audit log.',
    params: z.object({ index: LogSize }),
    response: AuditInclusionProof,
  }),
  auditConsistency: route({
    id: 'governance.auditConsistency',
    method: 'GET',
    path: '/api/v1/audit/consistency',
    access: 'audit:read',
    summary: 'Proves that a later state of the audit log only adds to an earlier one.',
    query: z.object({ from: LogSize, to: LogSize }),
    response: AuditConsistencyProof,
  }),
} as const;
