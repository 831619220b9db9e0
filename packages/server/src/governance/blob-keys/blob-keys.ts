import { blobKeysApi } from '@esteira/contracts';
import type { JobRun, Jobs } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { BlobKeyAdministration } from '../../storage/blobs/encrypted/key-administration.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';

const rotateJobKind = 'governance.rotate-blob-keys';
const subject = { kind: 'blob-keys', id: 'installation' } as const;

/**
 * The keys of encrypted content, for the owner of the installation: what lies under which, and their rotation as a durable
 * job. Both throw BLOBS_NOT_ENCRYPTED where the server has no key file.
 */
export function createBlobKeys(deps: {
  sql: SqlDatabase;
  jobs: Jobs;
  audit: AuditLog;
  /** Undefined where content is not encrypted. */
  administration: BlobKeyAdministration | undefined;
}): { readonly routes: readonly RouteBinding[] } {
  const { sql, jobs, audit } = deps;

  function administration(): BlobKeyAdministration {
    if (deps.administration === undefined) throw esteiraError('BLOBS_NOT_ENCRYPTED');
    return deps.administration;
  }

  async function rotate(run: JobRun) {
    const { encryptPlain } = run.job.payload as { encryptPlain: boolean };
    const result = await administration().rotate({
      encryptPlain,
      signal: run.signal,
      progress: (done, of) => run.progress(of === 0 ? 1 : done / of, `${done} of ${of} blobs`),
    });
    const details = { ...result, left: { ...result.left } };
    await sql.transaction((tx) =>
      audit.record(tx, run.context, { action: 'governance.blob-keys.rotated', subject, details }),
    );
    return details;
  }

  async function request(context: RequestContext, payload: { encryptPlain: boolean }): Promise<string> {
    const { active } = await administration().status();
    return await sql.transaction(async (tx) => {
      const details = { ...payload, active };
      await audit.record(tx, context, { action: 'governance.blob-keys.rotation-started', subject, details });
      return await jobs.enqueue(tx, context, { kind: rotateJobKind, payload, maxAttempts: 5 });
    });
  }

  jobs.register(rotateJobKind, rotate, { concurrency: 1 });
  return {
    routes: [
      bindRoute(blobKeysApi.blobKeys, async () => {
        const { active, keys, plain } = await administration().status();
        return { active, keys: [...keys], plain };
      }),
      bindRoute(blobKeysApi.rotateBlobKeys, async ({ body }, context) => {
        return { jobId: await request(context, body) };
      }),
    ],
  };
}
