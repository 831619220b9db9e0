import type { InferenceKey, KeyPermission } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { findEndpoint, raiseSnapshotRevision } from './endpoint-store.ts';
import type { EndpointsDeps } from './endpoints-service.ts';
import { closeEndpoint, findKey, insertKey, listKeys, type StoredKey, updateKey } from './key-store.ts';
import { hashKey } from './probe-keys.ts';

/** What callers of endpoints authenticate with. A key itself is in the answer that makes it and nowhere else. */
export interface KeysService {
  /** Throws ENDPOINT_NOT_FOUND. */
  create(
    context: RequestContext,
    endpoints: readonly string[],
    key: NewKey,
  ): Promise<InferenceKey & { key: string }>;
  /** Those in force, oldest first. */
  list(workspace: string, filter: Parameters<typeof listKeys>[2]): Promise<readonly InferenceKey[]>;
  /**
   * A key with the rights of another, which goes on working for the overlap and then expires. Throws
   * INFERENCE_KEY_NOT_FOUND.
   */
  rotate(
    context: RequestContext,
    id: string,
    rotation: { overlapSeconds: number; expiresAt?: number | undefined },
  ): Promise<InferenceKey & { key: string }>;
  /** Ends a key; with an endpoint, only for that one while it opens others. Throws INFERENCE_KEY_NOT_FOUND. */
  revoke(context: RequestContext, id: string, endpoint?: string): Promise<void>;
}

interface NewKey {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly quotaPerDay?: number | undefined;
  readonly permissions?: readonly KeyPermission[];
  readonly expiresAt?: number | undefined;
}

export function createKeysService(
  deps: Pick<EndpointsDeps, 'sql' | 'clock' | 'ids' | 'random' | 'audit' | 'news'>,
): KeysService {
  const { sql, clock } = deps;

  async function insert(
    tx: SqlTransaction,
    context: RequestContext,
    fields: Omit<StoredKey, 'id' | 'hash' | 'createdAt' | 'createdBy' | 'lastUsedAt'>,
  ): Promise<InferenceKey & { key: string }> {
    const { workspace } = context;
    const key = `esk_${Buffer.from(deps.random.bytes(32)).toString('base64url')}`;
    const stored: InferenceKey = {
      ...fields,
      id: deps.ids.next('ik'),
      lastUsedAt: null,
      createdBy: context.actor.id,
      createdAt: clock.now(),
    };
    await insertKey(tx, workspace, { ...stored, hash: hashKey(key) });
    await tell(tx, context, 'created', stored);
    return { ...stored, key };
  }

  async function tell(
    tx: SqlTransaction,
    context: RequestContext,
    verb: 'created' | 'rotated' | 'revoked',
    key: InferenceKey,
  ): Promise<void> {
    await raiseSnapshotRevision(tx, context.workspace);
    await deps.audit.record(tx, context, {
      action: `serving.key.${verb}`,
      subject: { kind: 'endpoint', id: key.endpoint },
      details: {
        keyId: key.id,
        endpoints: key.endpoints,
        requestsPerSecond: key.requestsPerSecond,
        burst: key.burst,
        quotaPerDay: key.quotaPerDay,
        permissions: key.permissions,
        expiresAt: key.expiresAt,
        replacesId: key.replacesId,
      },
    });
    deps.news.announce(tx, context.workspace);
  }

  async function requireKey(
    tx: SqlTransaction,
    { workspace }: RequestContext,
    id: string,
    endpoint?: string,
  ): Promise<StoredKey> {
    const key = await findKey(tx, workspace, id);
    const opens = endpoint === undefined || key?.endpoints.includes(endpoint);
    if (key === undefined || !opens)
      throw esteiraError('INFERENCE_KEY_NOT_FOUND', { endpoint: endpoint ?? 'installation', id });
    return key;
  }

  return {
    create: (context, endpoints, { name, requestsPerSecond, burst, quotaPerDay, permissions, expiresAt }) =>
      sql.transaction(async (tx) => {
        const [first, ...others] = [...new Set(endpoints)];
        if (first === undefined) throw esteiraError('ENDPOINT_NOT_FOUND', { name: '' });
        for (const endpoint of [first, ...others]) {
          const found = await findEndpoint(tx, context.workspace, endpoint);
          if (found === undefined || found.twinOf !== undefined)
            throw esteiraError('ENDPOINT_NOT_FOUND', { name: endpoint });
        }
        return await insert(tx, context, {
          endpoint: first,
          endpoints: [first, ...others],
          name,
          requestsPerSecond,
          burst,
          quotaPerDay: quotaPerDay ?? null,
          permissions: [...new Set(permissions ?? [])].sort(),
          expiresAt: expiresAt ?? null,
          replacesId: null,
        });
      }),

    async list(workspace, filter) {
      return (await listKeys(sql, workspace, filter)).map(({ hash: _, ...key }) => key);
    },

    rotate: (context, id, { overlapSeconds, expiresAt }) =>
      sql.transaction(async (tx) => {
        const { hash: _, ...old } = await requireKey(tx, context, id);
        const ends = clock.now() + overlapSeconds * 1_000;
        const until = old.expiresAt === null ? ends : Math.min(old.expiresAt, ends);
        await updateKey(tx, context.workspace, id, { expiresAt: until });
        await tell(tx, context, 'rotated', { ...old, expiresAt: until });
        return await insert(tx, context, { ...old, expiresAt: expiresAt ?? old.expiresAt, replacesId: id });
      }),

    async revoke(context, id, endpoint) {
      await sql.transaction(async (tx) => {
        const { hash: _, ...key } = await requireKey(tx, context, id, endpoint);
        const kept = key.endpoints.filter((name) => endpoint !== undefined && name !== endpoint);
        const [first] = kept;
        if (endpoint === undefined || first === undefined)
          await updateKey(tx, context.workspace, id, { revokedAt: clock.now() });
        else await closeEndpoint(tx, context.workspace, { id, endpoint, first });
        await tell(tx, context, 'revoked', { ...key, endpoint: endpoint ?? key.endpoint });
      });
    },
  };
}
