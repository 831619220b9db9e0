import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openRegistryFixture } from './registry.fixture.ts';
import { registryRetention } from './registry-retention.ts';
import { showVersion } from './show-version.ts';

describe('a version that is registered as it is', () => {
  let house: Awaited<ReturnType<typeof openRegistryFixture>>;
  before(async () => {
    house = await openRegistryFixture();
  });
  after(() => house.close());

  it('keeps its files whatever becomes of those of the run', async () => {
    const { registry, tracking, engineer, blobs } = house;
    const { workspace } = engineer;
    const run = await house.startRun();
    await house.putFile(run, 'model/MLmodel', 'flavors: {}');
    await house.putFile(run, 'model/data/weights.bin', 'abc');
    await house.putFile(run, 'other/notes.txt', 'not of the model');
    const version = await house.keep('frozen', run);
    assert.deepEqual(
      version.artifacts.map(({ path, size }) => [path, size]),
      [
        ['MLmodel', 11],
        ['data/weights.bin', 3],
      ],
    );
    assert.equal(await registry.isAsFrozen(workspace, version), true);
    const { digest } = version;
    assert.ok(digest);
    assert.deepEqual(
      (await blobs.getDirectory(digest)).map(({ name, kind }) => [name, kind]),
      [
        ['MLmodel', 'file'],
        ['data', 'directory'],
      ],
    );
    assert.equal(await registry.digestOfBytes({ digest }), digest);

    await house.putFile(run, 'model/MLmodel', 'flavors: {evil: {}}');
    await house.putFile(run, 'model/more.txt', 'later');
    await tracking.artifacts.remove(engineer, { kind: 'run', id: run }, 'model/data');
    assert.equal(await registry.isAsFrozen(workspace, version), false);
    const again = await registry.resolveVersion(workspace, 'frozen', '1');
    assert.deepEqual(again?.artifacts, version.artifacts);
    assert.equal(await registry.digestOfBytes({ digest }), digest);
  });

  it('is told with what it has, and with why no endpoint can serve it', async () => {
    const { registry, engineer } = house;
    const { workspace } = engineer;
    const version = await house.keep('plain', await house.startRun());
    const shown = showVersion(version);
    assert.deepEqual(
      [shown.signature, shown.evaluationId, shown.trainedModelId, shown.project],
      [null, null, null, 'default'],
    );
    assert.match(shown.notDeployable ?? '', /without a checked graph, a signature and an evaluation/);
    await assert.rejects(registry.findVersion(workspace, version.id), {
      code: 'MODEL_VERSION_NOT_DEPLOYABLE',
    });
    assert.deepEqual(await registry.listVersions(workspace, { model: 'plain', limit: 10 }), []);
    assert.equal((await registry.allVersions(workspace, { model: 'plain', limit: 10 })).length, 1);
    const subject = {
      kind: 'deployment' as const,
      project: 'default',
      model: 'plain',
      modelVersionId: version.id,
      endpoint: 'live',
      stage: 'production' as const,
    };
    const [reader] = registry.evidenceReaders;
    const evidence = (await reader?.read(engineer, subject, async () => undefined)) as Record<
      string,
      unknown
    >;
    assert.deepEqual([evidence.evaluationId, evidence.metrics, evidence.datasetVersions], [null, {}, []]);
    assert.equal(evidence.bytesDigestNow, version.digest);
  });

  it('pins its content and its run until it is deleted', async () => {
    const { registry, engineer, sql } = house;
    const run = await house.startRun();
    await house.putFile(run, 'model/w', 'pinned');
    const version = await house.keep('pinned', run);
    const pins = async () => {
      const ids: string[] = [];
      const digests: string[] = [];
      for await (const { id } of registryRetention.inUse?.(sql, 0) ?? []) ids.push(id);
      for await (const { digest } of registryRetention.references?.(sql, 0) ?? []) digests.push(digest);
      const file = version.artifacts[0]?.digest ?? '';
      return [
        ids.includes(run),
        ids.includes(version.id),
        digests.includes(version.digest ?? ''),
        digests.includes(file),
      ];
    };
    assert.deepEqual(await pins(), [true, true, true, true]);
    await registry.moveLabel(engineer, { action: 'delete-version', model: 'pinned', version: 1 });
    assert.deepEqual(await pins(), [false, false, false, false]);
  });

  it('is deleted with its aliases, and its number is not given again', async () => {
    const { registry, engineer } = house;
    const { workspace } = engineer;
    const run = await house.startRun();
    for (let number = 1; number <= 2; number++) await house.keep('counted', run);
    await registry.moveLabel(engineer, { action: 'set-alias', model: 'counted', alias: 'best', version: 2 });
    await registry.moveLabel(engineer, { action: 'delete-version', model: 'counted', version: 2 });
    assert.equal(await registry.resolveVersion(workspace, 'counted', '2'), undefined);
    const model = await registry.findModel(workspace, 'counted');
    assert.deepEqual([model?.aliases, model?.latestVersion], [{}, 1]);
    assert.equal((await house.keep('counted', run)).version, 3);
    await assert.rejects(
      registry.moveLabel(engineer, { action: 'delete-version', model: 'counted', version: 2 }),
      { code: 'MODEL_VERSION_NOT_FOUND' },
    );
  });

  it('gets a number of its own, however many are registered at once', async () => {
    const run = await house.startRun();
    await house.keep('crowded', run);
    const versions = await Promise.all(Array.from({ length: 8 }, () => house.keep('crowded', run)));
    assert.deepEqual(
      versions.map(({ version }) => version).sort((one, other) => one - other),
      [2, 3, 4, 5, 6, 7, 8, 9],
    );
  });

  it('takes over the frozen files of another version, not what has become of its source', async () => {
    const { registry, engineer } = house;
    const run = await house.startRun();
    await house.putFile(run, 'model/w', 'first');
    const first = await house.keep('origin', run);
    await house.putFile(run, 'model/w', 'second');
    const copy = await registry.registerKept(engineer, {
      model: 'origin',
      source: 'models:/origin/1',
      location: first.location,
      files: { model: 'origin', version: 1 },
      runId: run,
      runLink: '',
      loggedModelId: null,
      tags: { from: 'origin' },
      description: 'a copy',
    });
    assert.deepEqual([copy.version, copy.digest, copy.location], [2, first.digest, first.location]);
    assert.notEqual((await house.keep('origin', run)).digest, first.digest);
  });

  it('is renamed with its model, tags and aliases and all', async () => {
    const { registry, engineer } = house;
    const { workspace } = engineer;
    await house.keep('before', await house.startRun());
    await registry.setVersionTag(engineer, { model: 'before', version: 1, name: '__proto__', value: 'kept' });
    await registry.moveLabel(engineer, { action: 'set-alias', model: 'before', alias: 'best', version: 1 });
    await registry.moveLabel(engineer, { action: 'rename-model', model: 'before', newName: 'behind' });
    assert.equal(await registry.findModel(workspace, 'before'), undefined);
    const version = await registry.resolveVersion(workspace, 'behind', 'best');
    assert.deepEqual(
      [version?.model, Object.entries(version?.tags ?? {})],
      ['behind', [['__proto__', 'kept']]],
    );
    await house.keep('taken', await house.startRun());
    await assert.rejects(
      registry.moveLabel(engineer, { action: 'rename-model', model: 'behind', newName: 'taken' }),
      { code: 'MODEL_NAME_TAKEN' },
    );
  });

  it('stays unseen by other workspaces', async () => {
    const { registry } = house;
    const version = await house.keep('private', await house.startRun());
    assert.equal(await registry.versionById('ws_other', version.id), undefined);
    assert.equal(await registry.findModel('ws_other', 'private'), undefined);
    const search = { kind: 'model' as const, conditions: [], order: [], limit: 100 };
    assert.deepEqual((await registry.searchVersions('ws_other', search)).items, []);
  });
});
