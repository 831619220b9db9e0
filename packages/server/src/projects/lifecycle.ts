import { LifecycleStage, type NodeKind, type NodeRef } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

/** How far a project has come, stage by stage, in the order of the life cycle. */
export interface StageReached {
  readonly stage: LifecycleStage;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly times: number;
  /** What got it there last. */
  readonly node: NodeRef | null;
}

interface StageTables {
  project_stages: {
    workspace: string;
    project: string;
    stage: LifecycleStage;
    first_at: number;
    last_at: number;
    times: number;
    node_kind: string;
    node_id: string;
  };
}

export async function reachStage(
  tx: SqlTransaction,
  workspace: string,
  project: string,
  reached: { stage: LifecycleStage; node: NodeRef; at: number },
): Promise<void> {
  const { stage, node, at } = reached;
  await tx
    .query<StageTables>()
    .insertInto('project_stages')
    .values({
      workspace,
      project,
      stage,
      first_at: at,
      last_at: at,
      times: 1,
      node_kind: node.kind,
      node_id: node.id,
    })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'project', 'stage']).doUpdateSet((column) => ({
        last_at: at,
        times: column('project_stages.times', '+', 1),
        node_kind: node.kind,
        node_id: node.id,
      })),
    )
    .execute();
}

/** The strips of several projects, by name; a stage never reached has null times. */
export async function lifecycles(
  sql: SqlReader,
  workspace: string,
  projects: readonly string[],
): Promise<ReadonlyMap<string, StageReached[]>> {
  const strips = new Map<string, StageReached[]>();
  if (projects.length === 0) return strips;
  const rows = await sql
    .query<StageTables>()
    .selectFrom('project_stages')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('project', 'in', projects)
    .execute();
  for (const project of projects) {
    const strip: StageReached[] = [];
    for (const stage of LifecycleStage.options) {
      const row = rows.find((candidate) => candidate.project === project && candidate.stage === stage);
      strip.push({
        stage,
        firstAt: row?.first_at ?? null,
        lastAt: row?.last_at ?? null,
        times: row?.times ?? 0,
        node: row ? { kind: row.node_kind as NodeKind, id: row.node_id } : null,
      });
    }
    strips.set(project, strip);
  }
  return strips;
}
