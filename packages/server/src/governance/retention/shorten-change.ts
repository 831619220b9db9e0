import { type JsonValue, Name, protectedRetention } from '@esteira/contracts';
import { z } from 'zod';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { ChangeKind } from '../changes/change-kind.ts';
import { keptDays } from './kept-days.ts';
import { checkMinimum, type RetentionPolicies } from './retention-policies.ts';
import { listPolicies } from './retention-policy-store.ts';
import type { RoomRetention } from './room-retention.ts';

const ShortenSubject = z.strictObject({
  kind: z.enum(['predictions', 'change-evidence']),
  /** null: of every project without its own. */
  project: Name.nullable().default(null),
  days: z.number().int().min(protectedRetention.predictions).max(36_500),
  reason: z.string().min(10).max(2000),
  /** When the request was made, ms: the plan counts what is older than `days` then. */
  asOf: z.number().int().min(0),
});
type ShortenSubject = z.infer<typeof ShortenSubject>;

const day = 86_400_000;

/**
 * The change `retention.shorten`: consent to keep the prediction log, or the evidence of changes, for less than before.
 * The plan says how much has already outlived the new retention; that is removed by the next collection.
 */
export function shortenChange(deps: {
  sql: SqlDatabase;
  policies: RetentionPolicies;
  rooms(): readonly RoomRetention[];
  currency: string;
}): ChangeKind<ShortenSubject> {
  const { sql, policies } = deps;
  return {
    kind: 'retention.shorten',
    subject: ShortenSubject,

    async inspect({ workspace }, { kind, project }) {
      const days = keptDays(await listPolicies(sql, workspace), kind, project);
      return {
        current: { kind, project, days } satisfies JsonValue,
        target: `retention:${kind}:${project ?? ''}`,
      };
    },

    async plan({ workspace }, subject) {
      checkMinimum(subject);
      const { kind, project, days } = subject;
      const whose =
        project === null ? 'of every project without a retention of its own' : `of the project ${project}`;
      const title = `Keep ${kind} ${whose} for ${days} days`;
      return {
        steps: [{ name: 'set', title, details: { kind, project, days } }],
        cost: { cpuSeconds: 0, storageBytes: 0, amount: 0, currency: deps.currency },
        blastRadius: `${title}; ${await outlived(workspace, subject)}`,
        approvalsRequired: 1,
      };
    },

    async applyStep({ context, changeId, subject }) {
      const { kind, project, days } = subject;
      const set = await policies.setWithConsent(context, { kind, project, days, changeId });
      return { days: set.days };
    },

    async verify({ workspace }, { subject }) {
      const measured = keptDays(await listPolicies(sql, workspace), subject.kind, subject.project);
      return [{ name: 'days kept', expected: subject.days, measured, ok: measured === subject.days }];
    },

    async rollBack(context, { id, plan, subject }) {
      const { kind, project } = subject;
      const before = daysOf(plan.current);
      await policies.setWithConsent(context, { kind, project, days: before, changeId: id });
      return { days: before };
    },
  };

  /** Counted as of the request, so that the plan stays the same while consent is waited for. */
  async function outlived(workspace: string, { kind, project, days, asOf }: ShortenSubject): Promise<string> {
    if (kind === 'change-evidence')
      return `what only changes ended more than ${days} days ago rest on is no longer kept by them.`;
    const stored = await listPolicies(sql, workspace);
    let things = 0;
    let bytes = 0;
    for (const removable of deps.rooms().flatMap((room) => room.removable ?? [])) {
      if (removable.kind !== kind) continue;
      for (let after: string | undefined; ; ) {
        const query = { workspace, before: asOf - days * day, after, limit: 500 };
        const page = await removable.page(sql, query);
        after = page.at(-1)?.key;
        if (after === undefined) break;
        for (const thing of page) {
          const affected =
            project === null
              ? !stored.some((policy) => policy.kind === kind && policy.project === thing.project)
              : thing.project === project;
          if (!affected) continue;
          things++;
          bytes += thing.bytes;
        }
      }
    }
    const size = `${(bytes / 1e6).toFixed(1)} MB in ${things} files`;
    return `${size} of the prediction log were older than that when it was asked for, and cannot be brought back once removed.`;
  }
}

function daysOf(current: JsonValue): number | null {
  const days =
    typeof current === 'object' && current !== null && 'days' in current ? current.days : undefined;
  return typeof days === 'number' ? days : null;
}
