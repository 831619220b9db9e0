import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGovernanceFixture } from '../governance/governance.fixture.ts';
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createLoggedModels, createTracking, filesBelow } from '../tracking/index.ts';
import { createRegistry, type VersionSources } from './index.ts';
import type { EndpointUse } from './label-guards.ts';

/** The room beside tracking and governance on a database in memory; what endpoints serve is told in `uses`. For tests. */
export async function openRegistryFixture() {
  const house = await openGovernanceFixture();
  const { sql, audit, events, governance } = house;
  const { clock, ids, random } = house.deps;
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'registry-')));
  const blobs = await openFilesystemBlobStore({ directory, random });
  const base = { sql, blobs, clock, ids, random, audit, events, lineage: governance.lineage };
  const tracking = createTracking(base);
  const loggedModels = createLoggedModels(base);
  tracking.artifacts.owners.register('logged-model', loggedModels.findOwner);
  const filesOf: VersionSources['filesBelow'] = (workspace, { kind, id, path }) =>
    filesBelow(sql, workspace, { kind, id }, path);
  const uses: (EndpointUse & { readonly model: string })[] = [];
  const registry = createRegistry({
    ...base,
    projects: { async reach() {} },
    training: {
      async open(_workspace, id) {
        throw new Error(`No trained model ${id}.`);
      },
    },
    evaluation: { find: async () => undefined },
    runSource: async () => undefined,
    hasRun: async (workspace, id) => (await tracking.reader.find(workspace, id)) !== undefined,
    filesBelow: filesOf,
    served: async (_reader, _workspace, model) => uses.filter((use) => use.model === model),
    changes: governance.changes,
    currency: 'USD',
  });
  governance.changes.registerKind(registry.changeKinds.label);
  await house.jobs.start();
  const { engineer, approver } = house;

  /** Consents to a change and applies it; returns its last state. */
  async function carryOut(changeId: string): Promise<string> {
    const { changes } = governance;
    const { digest } = await changes.get(engineer.workspace, changeId);
    await changes.approve(approver, changeId, { digest, comment: 'fine' });
    await changes.apply(engineer, changeId);
    return (await changes.wait(engineer.workspace, changeId)).state;
  }

  return {
    ...house,
    blobs,
    filesBelow: filesOf,
    tracking,
    loggedModels,
    registry,
    uses,
    carryOut,
    async startRun(): Promise<string> {
      const run = await tracking.startRun(engineer, { experiment: 'fraud', name: 'first' });
      return run.id;
    },
    async putFile(run: string, path: string, content: string | Buffer): Promise<void> {
      await tracking.putArtifact(engineer, run, path, once(Buffer.from(content)));
    },
    /** A version of a folder of a run, registered as it is. */
    async keep(model: string, run: string, path = 'model') {
      if ((await registry.findModel(engineer.workspace, model)) === undefined)
        await registry.createModel(engineer, { name: model, description: '' });
      return await registry.registerKept(engineer, {
        model,
        source: `runs:/${run}/${path}`,
        location: `runs:/${run}/${path}`,
        files: { kind: 'run', id: run, path },
        runId: run,
        runLink: '',
        loggedModelId: null,
        tags: {},
        description: '',
      });
    },
    async close() {
      await house.close();
      await chmod(directory, 0o700);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
