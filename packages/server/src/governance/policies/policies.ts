import type {
  GateMoment,
  GateReport,
  GateRuleReport,
  GateSubject,
  PolicyOverlay,
  Stage,
} from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { EventBus } from '../../storage/events/event-bus.ts';
import type { SqlDatabase, SqlReader } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { canonicalDigest } from '../canonical-digest.ts';
import { requirePermission } from '../identity/require-permission.ts';
import { type EffectivePolicies, effectivePolicies, emptyOverlay } from './effective-policies.ts';
import type { Evidence } from './evidence.ts';
import { judgeRule } from './judge-rule.ts';
import type { PolicyPack } from './policy-pack.ts';
import { findOverlay, insertOverlay } from './policy-store.ts';
import { type WaiverRow, waiversInForce } from './waiver-store.ts';

/** Judges deployments by the rules in force. */
export interface Policies {
  /**
   * Judges the rules of the subject's stage. Rules of the moment `full-traffic` are listed at `plan` as not applicable
   * yet; at `full-traffic` only they are judged. A report is a value: nothing is thrown for a "no".
   */
  evaluate(context: RequestContext, subject: GateSubject, moment: GateMoment): Promise<GateReport>;
  /** Approvals that a deployment to the stage needs at least. */
  approvalsFor(workspace: string, stage: Stage): Promise<number>;
  effective(workspace: string): Promise<WorkspacePolicies>;
  /** Replaces the overlay of the workspace. Throws POLICY_INVALID, POLICY_WEAKENED, FORBIDDEN. */
  putOverlay(context: RequestContext, overlay: PolicyOverlay): Promise<WorkspacePolicies>;
}

export interface WorkspacePolicies extends EffectivePolicies {
  readonly overlayVersion: number;
  readonly overlay: PolicyOverlay;
}

export function createPolicies(deps: {
  sql: SqlDatabase;
  clock: Clock;
  audit: AuditLog;
  events: EventBus;
  evidence: Evidence;
  pack: PolicyPack;
}): Policies {
  const { sql, clock, audit, events, evidence, pack } = deps;
  const byWorkspace = new Map<string, WorkspacePolicies>();

  // Compiled once per overlay: the version tells whether another replica has replaced it.
  async function effective(workspace: string, reader: SqlReader = sql): Promise<WorkspacePolicies> {
    const { version, overlay } = (await findOverlay(reader, workspace)) ?? {
      version: 0,
      overlay: emptyOverlay,
    };
    const known = byWorkspace.get(workspace);
    if (known?.overlayVersion === version) return known;
    const policies = { ...effectivePolicies(pack, overlay, version), overlayVersion: version, overlay };
    byWorkspace.set(workspace, policies);
    return policies;
  }

  return {
    effective: (workspace) => effective(workspace),

    async approvalsFor(workspace, stage) {
      return (await effective(workspace)).approvals[stage];
    },

    async evaluate(context, subject, moment) {
      const { workspace } = context;
      const now = clock.now();
      const policies = await effective(workspace);
      const ofStage = policies.rules.filter(({ rule }) => rule.stages.includes(subject.stage));
      const judged = ofStage.filter(({ rule, disabledStages }) => {
        return rule.moment === moment && !disabledStages.includes(subject.stage);
      });
      const names = new Set(judged.flatMap(({ rule }) => rule.evidence));
      const found = await evidence.gather(context, subject, names);
      const waivers = await waiversInForce(sql, workspace, subject, now);
      const rules: GateRuleReport[] = [];
      for (const { rule, compiled, disabledStages } of ofStage) {
        const none = {
          id: rule.id,
          title: rule.title,
          verdict: 'not-applicable' as const,
          evidence: null,
          todo: '',
        };
        if (disabledStages.includes(subject.stage)) {
          rules.push({ ...none, reason: `switched off by this workspace: ${reasonFor(policies, rule.id)}` });
        } else if (rule.moment === moment) {
          rules.push(waive(judgeRule(compiled, found, subject, now), subject, waivers));
        } else if (moment === 'plan') {
          rules.push({ ...none, reason: 'judged before the version gets all the traffic' });
        }
      }
      const passed = rules.every((rule) => rule.verdict !== 'fail');
      return { policy: policies.policy, digest: policies.digest, moment, passed, rules };
    },

    async putOverlay(context, overlay) {
      requirePermission(context, 'policies:write');
      const { workspace, actor } = context;
      return await sql.transaction(async (tx) => {
        const before = await findOverlay(tx, workspace);
        const version = (before?.version ?? 0) + 1;
        const policies = effectivePolicies(pack, overlay, version);
        await insertOverlay(tx, workspace, { version, overlay, actor: actor.id, at: clock.now() });
        await audit.record(tx, context, {
          action: 'governance.policies.replaced',
          subject: { kind: 'policies', id: workspace },
          details: {
            version,
            digest: policies.digest,
            overlay: canonicalDigest(JSON.parse(JSON.stringify(overlay))),
          },
        });
        await events.emit(tx, context, 'policies.changed', { version, digest: policies.digest });
        return { ...policies, overlayVersion: version, overlay };
      });
    },
  };
}

function reasonFor(policies: WorkspacePolicies, rule: string): string {
  return policies.overlay.disabled.find((entry) => entry.rule === rule)?.reason ?? '';
}

function waive(report: GateRuleReport, subject: GateSubject, waivers: readonly WaiverRow[]): GateRuleReport {
  if (report.verdict !== 'fail') return report;
  const waiver = waivers.find((row) => {
    return (
      row.rule === report.id && (row.model_version_id ?? subject.modelVersionId) === subject.modelVersionId
    );
  });
  if (!waiver) return report;
  const until = new Date(waiver.expires_at).toISOString();
  return {
    ...report,
    verdict: 'waived',
    waiver: waiver.id,
    reason: `${report.reason}; waived until ${until}: ${waiver.reason}`,
  };
}
