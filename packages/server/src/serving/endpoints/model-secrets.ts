import type { DataPlaneSnapshot, ModelSecret } from '@esteira/contracts';
import type { AuditLog, SealedSecrets } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesByName } from '../../kernel/paging.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { ServingNews } from '../news.ts';
import { raiseSnapshotRevision } from './endpoint-store.ts';
import {
  deleteModelSecret,
  listModelSecrets,
  type StoredModelSecret,
  saveModelSecret,
} from './model-secret-store.ts';

/** What remote models are asked with: kept sealed, handed to the model servers of the workspace, shown to nobody. */
export interface ModelSecrets {
  put(context: RequestContext, secret: NewSecret): Promise<ModelSecret>;
  /** Throws MODEL_SECRET_NOT_FOUND. */
  remove(context: RequestContext, name: string): Promise<void>;
  list(workspace: string, page: PageRequest): Promise<Page<ModelSecret>>;
  /** Those of the names that are kept, as a model server needs them. */
  open(workspace: string, names: ReadonlySet<string>): Promise<NonNullable<DataPlaneSnapshot['secrets']>>;
}

interface NewSecret {
  readonly name: string;
  readonly origin: string;
  readonly value: string;
}

export interface ModelSecretsDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly news: ServingNews;
  readonly sealed: SealedSecrets;
}

const pages = pagesByName('model-secrets');

export function createModelSecrets({ sql, clock, audit, news, sealed }: ModelSecretsDeps): ModelSecrets {
  /** Model servers learn of it as of any change to what they serve. */
  async function tell(
    tx: SqlTransaction,
    context: RequestContext,
    action: 'serving.secret.put' | 'serving.secret.deleted',
    secret: { readonly name: string; readonly origin?: string },
  ): Promise<void> {
    const { workspace } = context;
    await raiseSnapshotRevision(tx, workspace);
    news.announce(tx, workspace);
    await audit.record(tx, context, {
      action,
      subject: { kind: 'model-secret', id: secret.name },
      details: secret.origin === undefined ? {} : { origin: secret.origin },
    });
  }

  return {
    async put(context, { name, origin, value }) {
      const { workspace, actor } = context;
      const secret = { name, origin, createdBy: actor.id, createdAt: clock.now() };
      const kept = sealed.seal(value, ownerOf(workspace, secret));
      await sql.transaction(async (tx) => {
        await saveModelSecret(tx, workspace, { ...secret, ...kept });
        await tell(tx, context, 'serving.secret.put', secret);
      });
      return secret;
    },
    async remove(context, name) {
      await sql.transaction(async (tx) => {
        if (!(await deleteModelSecret(tx, context.workspace, name)))
          throw esteiraError('MODEL_SECRET_NOT_FOUND', { name });
        await tell(tx, context, 'serving.secret.deleted', { name });
      });
    },
    async list(workspace, { cursor, limit }) {
      const found = await listModelSecrets(sql, workspace, { ...pages.after(cursor), limit: limit + 1 });
      return pages.of(found.map(withoutValue), limit);
    },
    async open(workspace, names) {
      const opened: NonNullable<DataPlaneSnapshot['secrets']> = {};
      if (names.size === 0) return opened;
      for (const secret of await listModelSecrets(sql, workspace, {})) {
        if (!names.has(secret.name)) continue;
        const value = sealed.open(secret.sealed, secret.keyId, ownerOf(workspace, secret));
        if (value !== undefined) opened[secret.name] = { origin: secret.origin, value };
      }
      return opened;
    },
  };
}

function withoutValue({ name, origin, createdBy, createdAt }: StoredModelSecret): ModelSecret {
  return { name, origin, createdBy, createdAt };
}

/** What is sealed opens for that name and that server alone. */
function ownerOf(workspace: string, { name, origin }: Pick<ModelSecret, 'name' | 'origin'>): string {
  return `model secret ${workspace} ${name} ${origin}`;
}
