import type { GateSubject } from '@esteira/contracts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { EvidenceReader } from '../policies/evidence.ts';
import { listApprovals } from './approval-store.ts';
import { findChangeAtWork } from './change-store.ts';
import { actForTheSame, type PeopleBehind } from './people-behind.ts';

/** Evidence `change` (rule D12): the consent of the change that is deploying to the endpoint at this moment. */
export function changeEvidence(deps: { sql: SqlReader; people: PeopleBehind }): EvidenceReader {
  return {
    name: 'change',
    async read(context, subject: GateSubject) {
      const { workspace } = context;
      const change = await findChangeAtWork(deps.sql, workspace, `endpoint:${subject.endpoint}`, '');
      if (!change) return undefined;
      const interested = new Set<string>();
      for (const identity of [change.requester, ...change.authors]) {
        for (const person of await deps.people.of(workspace, identity)) interested.add(person);
      }
      const decisions = await listApprovals(deps.sql, workspace, [change.id]);
      const approvals = [];
      for (const { approver, digest, decision, at } of decisions) {
        if (decision !== 'approved' || digest !== change.digest) continue;
        // Asked again today: a token made for the approver since then counts as well.
        const behind = await deps.people.of(workspace, approver);
        approvals.push({ approver, digest, at, independent: !actForTheSame(behind, interested) });
      }
      const { id, digest, requester } = change;
      return { id, digest, requester, approvals, required: change.plan.approvalsRequired };
    },
  };
}
