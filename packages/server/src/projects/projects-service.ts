import type { LifecycleStage, NewProject, NodeRef, ProjectPatch } from '@esteira/contracts';
import type { z } from 'zod';
import { type AuditLog, canonicalDigest, requirePermission } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import { pagesByKey } from '../kernel/paging.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import { lifecycles, reachStage, type StageReached } from './lifecycle.ts';
import { type Project, type ProjectRecord, problemOf } from './project.ts';
import {
  findProject,
  insertProject,
  insertRevision,
  listProjects,
  listRevisions,
  type ProjectRevision,
  updateProject,
} from './project-store.ts';
import { estimateReturn, type Performance, type RoiEstimate } from './return-on-investment.ts';

type ProjectWithLifecycle = Project & { lifecycle: StageReached[] };

/** The use cases of a workspace, with every earlier version of what they promised. */
export interface Projects {
  /** Throws PROJECT_EXISTS, PROJECT_INVALID. */
  create(context: RequestContext, project: z.output<typeof NewProject>): Promise<Project>;
  /** Keeps the earlier record. Throws PROJECT_NOT_FOUND, PROJECT_INVALID. */
  update(context: RequestContext, name: string, patch: z.output<typeof ProjectPatch>): Promise<Project>;
  find(workspace: string, name: string): Promise<Project | undefined>;
  /** The record as it stood at a time (ms); undefined before the project was opened. */
  recordAt(workspace: string, name: string, time: number): Promise<Project | undefined>;
  /** Throws PROJECT_NOT_FOUND. */
  get(workspace: string, name: string): Promise<ProjectWithLifecycle>;
  list(
    workspace: string,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ items: ProjectWithLifecycle[]; nextCursor?: string }>;
  /** Newest first. Throws PROJECT_NOT_FOUND. */
  history(workspace: string, name: string): Promise<readonly ProjectRevision[]>;
  /** Marks a stage of the life cycle. A name that is no project of the workspace is passed over. */
  reach(
    tx: SqlTransaction,
    context: RequestContext,
    project: string,
    stage: LifecycleStage,
    node: NodeRef,
  ): Promise<void>;
  /** Throws PROJECT_NOT_FOUND, PROJECT_INVALID when the project has no return on record. */
  estimateRoi(
    workspace: string,
    name: string,
    model: Performance,
    baseline?: Performance,
  ): Promise<RoiEstimate>;
}

export interface ProjectsDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
  readonly events: EventBus;
}

const pages = pagesByKey(
  'projects',
  ['number', 'string'],
  (project: { readonly createdAt: number; readonly name: string }) => [project.createdAt, project.name],
);

export function createProjectsService(deps: ProjectsDeps): Projects {
  const { sql, clock, ids, audit, events } = deps;

  async function keep(
    tx: SqlTransaction,
    context: RequestContext,
    project: Project,
    details: { action: string; changed: string[] },
  ): Promise<void> {
    const { name, revision } = project;
    await insertRevision(tx, context.workspace, project, context.actor.id);
    await audit.record(tx, context, {
      action: details.action,
      subject: { kind: 'project', id: name },
      details: {
        revision,
        changed: details.changed,
        digest: canonicalDigest(JSON.parse(JSON.stringify(project))),
      },
    });
    await events.emit(tx, context, 'project.changed', { project: name, revision });
  }

  async function required(workspace: string, name: string): Promise<Project> {
    const project = await findProject(sql, workspace, name);
    if (!project) throw esteiraError('PROJECT_NOT_FOUND', { name });
    return project;
  }

  return {
    async create(context, { name, ...record }) {
      requirePermission(context, 'projects:write');
      assertSound(recordOf(record));
      return await sql.transaction(async (tx) => {
        if (await findProject(tx, context.workspace, name)) throw esteiraError('PROJECT_EXISTS', { name });
        const now = clock.now();
        const project: Project = { ...recordOf(record), name, revision: 1, createdAt: now, updatedAt: now };
        await insertProject(tx, context.workspace, ids.next('prj'), project);
        await keep(tx, context, project, { action: 'projects.project.created', changed: [] });
        const node = { kind: 'project', id: name } as const;
        await reachStage(tx, context.workspace, name, { stage: 'problem', node, at: now });
        return project;
      });
    },

    async update(context, name, patch) {
      requirePermission(context, 'projects:write');
      return await sql.transaction(async (tx) => {
        const before = await findProject(tx, context.workspace, name);
        if (!before) throw esteiraError('PROJECT_NOT_FOUND', { name });
        const given = recordOf(patch);
        const changed = Object.keys(given).sort();
        if (changed.length === 0) return before;
        // Two versions of one moment could not be told apart by time; the later one counts from the next millisecond.
        const updatedAt = Math.max(clock.now(), before.updatedAt + 1);
        const after: Project = { ...before, ...given, revision: before.revision + 1, updatedAt };
        assertSound(after);
        await updateProject(tx, context.workspace, after);
        await keep(tx, context, after, { action: 'projects.project.updated', changed });
        return after;
      });
    },

    find: (workspace, name) => findProject(sql, workspace, name),

    async recordAt(workspace, name, time) {
      const revisions = await listRevisions(sql, workspace, name);
      return revisions.findLast((revision) => revision.at <= time)?.record;
    },

    async get(workspace, name) {
      const project = await required(workspace, name);
      const strips = await lifecycles(sql, workspace, [name]);
      return { ...project, lifecycle: strips.get(name) ?? [] };
    },

    async list(workspace, { limit, cursor }) {
      const [createdAt, name] = pages.keyBehind(cursor) ?? [];
      const before = createdAt === undefined || name === undefined ? undefined : { createdAt, name };
      const rows = await listProjects(sql, workspace, { limit: limit + 1, before });
      const names = rows.map((project) => project.name);
      const strips = await lifecycles(sql, workspace, names);
      return pages.of(rows, limit, (project) => ({
        ...project,
        lifecycle: strips.get(project.name) ?? [],
      }));
    },

    async history(workspace, name) {
      await required(workspace, name);
      return [...(await listRevisions(sql, workspace, name))].reverse();
    },

    async reach(tx, context, project, stage, node) {
      if (!(await findProject(tx, context.workspace, project))) return;
      await reachStage(tx, context.workspace, project, { stage, node, at: clock.now() });
    },

    async estimateRoi(workspace, name, model, baseline) {
      const { roi } = await required(workspace, name);
      if (!roi)
        throw esteiraError('PROJECT_INVALID', { problem: 'roi: nothing is on record to estimate from' });
      return estimateReturn(roi, model, baseline);
    },
  };
}

function assertSound(record: ProjectRecord): void {
  const problem = problemOf(record);
  if (problem !== undefined) throw esteiraError('PROJECT_INVALID', { problem });
}

/** Without the keys that are present but undefined, as parsing leaves them. */
function recordOf<T extends object>(parsed: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
