import { governanceApi } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import { requirePermission } from '../identity/require-permission.ts';
import type { AuditLog } from './audit-log.ts';

/** How the audit log is read from outside. Proofs and heads hold hashes only; rows stay within their workspace. */
export function createAuditRoutes(audit: AuditLog): readonly RouteBinding[] {
  return [
    bindRoute(governanceApi.listAudit, async ({ query }, context) => {
      requirePermission(context, 'audit:read');
      const { limit, cursor, ...filter } = query;
      return audit.list(context.workspace, filter, { limit, cursor });
    }),
    bindRoute(governanceApi.verifyAudit, async ({ query }, context) => {
      requirePermission(context, 'audit:read');
      const { size, rootHash } = query;
      if (size === undefined && rootHash === undefined) return audit.verify();
      if (size === undefined || rootHash === undefined) {
        throw esteiraError('INVALID_REQUEST', { problem: 'query: size and rootHash belong together' });
      }
      return audit.verify({ size, rootHash });
    }),
    bindRoute(governanceApi.auditCheckpoint, async (_request, context) => {
      requirePermission(context, 'audit:read');
      return audit.checkpoint();
    }),
    bindRoute(governanceApi.auditProof, async ({ params }, context) => {
      requirePermission(context, 'audit:read');
      return audit.inclusionProof(context.workspace, params.index);
    }),
    bindRoute(governanceApi.auditConsistency, async ({ query }, context) => {
      requirePermission(context, 'audit:read');
      return audit.consistencyProof(query.from, query.to);
    }),
  ];
}
