import type { ServableVersion } from '@esteira/contracts';
import type { ReceiverRules } from '@esteira/model-server/receiver';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { digestOfFiles } from '../freeze-files.ts';
import { listAliases } from '../model-store.ts';
import { type KeepingDeps, registerKept } from '../register-kept.ts';
import { whyNotDeployable } from '../show-version.ts';
import { type LabelledVersion, withVersionLabels } from '../version-label-store.ts';
import { findVersion, findVersionById, findVersionOfFiles, type StoredVersion } from '../version-store.ts';
import { type InspectedBundle, type InspectionPlace, inspectFiles } from './inspect-files.ts';
import { findInspections, insertInspection } from './inspection-store.ts';

/** Versions that are served without an evaluation of ours: in development, once their graph was inspected. */
export interface Inspections {
  /**
   * Inspects the model among the files of a run and makes it the next version; of files that a version of the model has
   * already, that version. Nothing is registered of what cannot be served. Throws MODEL_NOT_FOUND, RUN_NOT_FOUND,
   * MODEL_NOT_REGISTRABLE, PICKLE_NOT_ALLOWED.
   */
  registerFromRun(context: RequestContext, request: FromRun): Promise<LabelledVersion & { created: boolean }>;
  /** Inspects a version that was registered as it is; a second time it finds the same. Throws MODEL_NOT_REGISTRABLE. */
  inspectVersion(context: RequestContext, id: string): Promise<LabelledVersion>;
  /** What a model server is given of a version. Throws MODEL_VERSION_NOT_DEPLOYABLE for one that was never inspected. */
  findServable(workspace: string, id: string): Promise<ServableVersion | undefined>;
}

export interface InspectionDeps extends KeepingDeps {
  /** Which servers remote models may be asked at; those with public addresses unless given. */
  readonly remoteRules?: ReceiverRules;
}

interface FromRun {
  readonly model: string;
  readonly runId: string;
  /** A folder below the run, or a file of it; empty for all its files. */
  readonly path: string;
  readonly description: string;
}

export function createInspections(deps: InspectionDeps): Inspections {
  const { sql, blobs, remoteRules } = deps;

  async function keep(context: RequestContext, version: StoredVersion, bundle: InspectedBundle) {
    const { workspace } = context;
    await sql.transaction(async (tx) => {
      await insertInspection(tx, workspace, {
        versionId: version.id,
        bundle,
        createdBy: context.actor.id,
        createdAt: deps.clock.now(),
      });
      await deps.audit.record(tx, context, {
        action: 'registry.version.inspected',
        subject: { kind: 'model-version', id: version.id },
        details: { model: version.model, version: version.version, digest: bundle.digest },
      });
    });
  }

  async function inspectStored(context: RequestContext, version: StoredVersion): Promise<LabelledVersion> {
    const { workspace } = context;
    const known = await findInspections(sql, workspace, [version.id]);
    if (version.checked === undefined && !known.has(version.id)) {
      const files = version.artifacts;
      if (files.length === 0) throw esteiraError('MODEL_NOT_REGISTRABLE', { problem: 'it has no files' });
      await keep(context, version, await inspectFiles(placeOf(workspace), files));
    }
    const [labelled] = await withVersionLabels(sql, workspace, [version]);
    if (labelled === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: version.id });
    return labelled;
  }

  async function findServable(workspace: string, id: string): Promise<ServableVersion | undefined> {
    const version = await findVersionById(sql, workspace, id);
    if (version === undefined) return undefined;
    if (version.checked !== undefined) return version.checked;
    const bundle = (await findInspections(sql, workspace, [id])).get(id);
    const { model, version: number } = version;
    if (bundle === undefined) {
      const problem = whyNotDeployable(version);
      throw esteiraError('MODEL_VERSION_NOT_DEPLOYABLE', { model, version: number, problem });
    }
    const { project, description, createdBy, createdAt } = version;
    return {
      id,
      model,
      version: number,
      project,
      status: 'ready',
      datasetVersions: [],
      metrics: {},
      trainedModelId: null,
      description,
      createdBy,
      createdAt,
      ...bundle,
    };
  }

  function placeOf(workspace: string): InspectionPlace {
    const resolve = async (reference: string) => {
      const id = await idOfReference(sql, workspace, reference);
      return id === undefined ? undefined : await findServable(workspace, id);
    };
    return { sql, blobs, workspace, resolve, remoteRules };
  }

  return {
    async registerFromRun(context, { model, runId, path, description }) {
      const { workspace } = context;
      if (!(await deps.hasRun(workspace, runId))) throw esteiraError('RUN_NOT_FOUND', { id: runId });
      const folder = { kind: 'run', id: runId, path: path.replace(/^\/+|\/+$/g, '') } as const;
      const files = await deps.filesBelow(workspace, folder);
      if (files.length === 0) {
        throw esteiraError('MODEL_NOT_REGISTRABLE', { problem: `the run has no files at ${path || '/'}` });
      }
      const same = await findVersionOfFiles(sql, workspace, model, await digestOfFiles(files));
      if (same !== undefined) return { ...(await inspectStored(context, same)), created: false };
      const bundle = await inspectFiles(placeOf(workspace), files);
      const source = `runs:/${runId}${folder.path === '' ? '' : `/${folder.path}`}`;
      const version = await registerKept(deps, context, {
        model,
        source,
        location: source,
        files: folder,
        runId,
        runLink: '',
        loggedModelId: null,
        tags: {},
        description,
      });
      await keep(context, version, bundle);
      return { ...version, inspected: bundle, created: true };
    },

    async inspectVersion(context, id) {
      const version = await findVersionById(sql, context.workspace, id);
      if (version === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: id });
      return await inspectStored(context, version);
    },

    findServable,
  };
}

/** The version that `models:/name/3` or `models:/name@alias` stands for now. */
async function idOfReference(
  sql: SqlReader,
  workspace: string,
  reference: string,
): Promise<string | undefined> {
  const [, model, number, alias] = /^models:\/([^/@:]+)(?:\/([0-9]{1,9})|@(.+))$/u.exec(reference) ?? [];
  if (model === undefined) return undefined;
  const aliases = alias === undefined ? [] : await listAliases(sql, workspace, [model]);
  const wanted = number ?? aliases.find((entry) => entry.alias === alias)?.version;
  return wanted === undefined ? undefined : (await findVersion(sql, workspace, model, Number(wanted)))?.id;
}
