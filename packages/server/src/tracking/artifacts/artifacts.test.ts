import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createLegalHolds } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { ana, openTracking } from '../tracking.fixture.ts';
import type { ArtifactOwner } from './artifact.ts';
import { putArtifactEntry } from './artifact-store.ts';

const stranger: RequestContext = { ...ana, workspace: 'ws_2' };

describe('files that are kept', () => {
  let fixture: Awaited<ReturnType<typeof openTracking>>;
  before(async () => {
    fixture = await openTracking();
  });
  after(() => fixture.close());

  async function newRun(experiment = 'files'): Promise<ArtifactOwner> {
    const { id } = await fixture.tracking.startRun(ana, { experiment, name: 'one' });
    return { kind: 'run', id };
  }

  async function put(owner: ArtifactOwner, path: string, text = path) {
    return await fixture.tracking.artifacts.put(ana, owner, path, bytesOf(text));
  }

  async function shown(owner: ArtifactOwner, folder = ''): Promise<string[]> {
    const entries = await fixture.tracking.artifacts.list(ana.workspace, owner, folder);
    return entries.map(({ path, size }) => (size === undefined ? `${path}/` : `${path} ${size}`));
  }

  it('are listed folder by folder, files and folders once each', async () => {
    const run = await newRun();
    for (const path of [
      'z.txt',
      'a/b/c/deep.txt',
      'a/b.txt',
      'a-b/x',
      'a b/x',
      'a/b/d',
      'ünï/中.txt',
      'a.txt',
    ])
      await put(run, path, 'four');
    assert.deepEqual(await shown(run), ['a/', 'a b/', 'a-b/', 'a.txt 4', 'z.txt 4', 'ünï/']);
    assert.deepEqual(await shown(run, 'a'), ['a/b/', 'a/b.txt 4']);
    assert.deepEqual(await shown(run, 'a/b'), ['a/b/c/', 'a/b/d 4']);
    assert.deepEqual(await shown(run, 'ünï'), ['ünï/中.txt 4']);
    assert.deepEqual(await shown(run, 'a/b.txt'), []);
    assert.deepEqual(await shown(run, 'nothing'), []);
  });

  it('are listed as their paths say, whatever the names', async () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', '-', '.', '0', ' ', '%', '~', 'é', '中', '🙂'),
      minLength: 1,
      maxLength: 3,
    });
    const plain = name.filter((part) => !/^[.\s]+$|%[0-9a-f]{2}/.test(part));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(plain, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
        async (paths) => {
          const run = await newRun();
          const kept = [...new Set(paths.map((parts) => parts.join('/')))];
          for (const path of kept) {
            const artifact = { path, digest: 'sha256:x', size: 1, createdAt: 1 };
            await fixture.sql.transaction((tx) => putArtifactEntry(tx, ana.workspace, run, artifact));
          }
          for (const folder of ['', ...kept.map((path) => path.split('/')[0] ?? '')]) {
            const from = folder === '' ? '' : `${folder}/`;
            const below = kept.filter((path) => path.startsWith(from));
            const expected = below.map((path) => {
              const end = path.indexOf('/', from.length);
              return end < 0 ? `${path} 1` : `${path.slice(0, end)}/`;
            });
            assert.deepEqual((await shown(run, folder)).sort(), [...new Set(expected)].sort());
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are listed by the thousand, page after page', async () => {
    const run = await newRun();
    await fixture.sql.transaction(async (tx) => {
      for (let index = 0; index < 2500; index++) {
        const path = `many/${String(index).padStart(5, '0')}${index % 5 === 0 ? '/one' : ''}`;
        await putArtifactEntry(tx, ana.workspace, run, {
          path,
          digest: 'sha256:x',
          size: index,
          createdAt: 1,
        });
      }
    });
    const entries = await fixture.tracking.artifacts.list(ana.workspace, run, 'many');
    assert.equal(entries.length, 2500);
    assert.equal(new Set(entries.map(({ path }) => path)).size, 2500);
    assert.deepEqual(entries[2499], { path: 'many/02499', size: 2499 });
    assert.deepEqual(entries[5], { path: 'many/00005', size: undefined });
  });

  it('are one content when they are the same, and the newest of a path', async () => {
    const { artifacts } = fixture.tracking;
    const [one, other] = [await newRun(), await newRun()];
    const first = await put(one, 'model.bin', 'weights');
    const again = await put(other, 'copy.bin', 'weights');
    assert.equal(first.digest, again.digest);
    const newest = await put(one, 'model.bin', 'new weights');
    assert.deepEqual(await artifacts.find(ana.workspace, one, 'model.bin'), newest);
    assert.equal(await read(artifacts.read(newest)), 'new weights');
    assert.equal(await read(artifacts.read(newest, { start: 4, end: 7 })), 'wei');
  });

  it('never hide one another: a path is a file or a folder', async () => {
    const run = await newRun();
    await put(run, 'a/b');
    for (const path of ['a', 'a/b/c', 'a/b/c/d'])
      await assert.rejects(put(run, path), { code: 'ARTIFACT_IN_THE_WAY' }, path);
    await put(run, 'a/b', 'again');
  });

  it('are deleted one by one, by folder or all, and the rest stays', async () => {
    const { artifacts } = fixture.tracking;
    const run = await newRun();
    for (const path of ['a', 'b/c', 'b/d/e', 'b0', 'b-']) await put(run, path);
    assert.equal(await artifacts.remove(ana, run, 'b'), 2);
    assert.equal(await artifacts.remove(ana, run, 'b'), 0);
    assert.deepEqual(await shown(run), ['a 1', 'b- 2', 'b0 2']);
    assert.equal(await artifacts.remove(ana, run, ''), 3);
    assert.deepEqual(await shown(run), []);
  });

  it('are not deleted while a hold covers their owner', async () => {
    const run = await newRun('examined');
    await put(run, 'kept.txt');
    const holds = createLegalHolds({
      ...fixture,
      ids: createIdGenerator({ clock: fixture.clock, random: systemRandom }),
    });
    const lawyer = {
      ...ana,
      actor: { ...ana.actor, id: 'usr_lawyer', permissions: new Set(['holds:manage'] as const) },
    };
    await holds.place(lawyer, {
      reason: 'asked for by the court',
      subjects: [{ kind: 'experiment', id: 'examined' }],
    });
    await assert.rejects(fixture.tracking.artifacts.remove(ana, run, ''), { code: 'LEGAL_HOLD' });
    assert.deepEqual(await shown(run), ['kept.txt 8']);
  });

  it('are not there for another workspace', async () => {
    const { artifacts } = fixture.tracking;
    const run = await newRun();
    await put(run, 'secret.txt');
    assert.equal(await artifacts.find('ws_2', run, 'secret.txt'), undefined);
    assert.deepEqual(await artifacts.list('ws_2', run, ''), []);
    await assert.rejects(artifacts.put(stranger, run, 'x', bytesOf('x')), { code: 'RUN_NOT_FOUND' });
    await assert.rejects(artifacts.remove(stranger, run, ''), { code: 'RUN_NOT_FOUND' });
    assert.deepEqual(await shown(run), ['secret.txt 10']);
  });

  it('are refused when their owner is deleted or unknown, before a byte is read', async () => {
    const { artifacts } = fixture.tracking;
    const run = await newRun();
    await fixture.tracking.deleteRun(ana, run.id);
    await assert.rejects(artifacts.put(ana, run, 'a', unread()), { code: 'RUN_DELETED' });
    for (const [kind, code] of [
      ['run', 'RUN_NOT_FOUND'],
      ['experiment', 'EXPERIMENT_NOT_FOUND'],
      ['trace', 'ARTIFACT_OWNER_NOT_FOUND'],
      ['logged-model', 'ARTIFACT_OWNER_NOT_FOUND'],
      ['workspace', 'ARTIFACT_OWNER_NOT_FOUND'],
    ] as const)
      await assert.rejects(artifacts.put(ana, { kind, id: 'nobody' }, 'a', unread()), { code }, kind);
  });

  it('leave nothing when their bytes break off', async () => {
    const run = await newRun();
    const broken = (async function* () {
      yield Buffer.alloc(100_000);
      throw new Error('connection lost');
    })();
    await assert.rejects(fixture.tracking.artifacts.put(ana, run, 'half.bin', broken), /connection lost/);
    assert.deepEqual(await shown(run), []);
  });

  describe('arriving in parts', () => {
    it('become one file, in the order of their numbers, however they come', async () => {
      const { artifacts } = fixture.tracking;
      const { uploads } = artifacts;
      const run = await newRun();
      const upload = await uploads.begin(ana, run, 'big/model.bin', 3);
      const parts = new Map<number, string>();
      for (const [number, text] of [
        [3, 'three'],
        [1, 'wrong'],
        [2, 'two '],
        [1, 'one '],
      ] as const)
        parts.set(number, (await uploads.putPart(ana, upload.id, number, bytesOf(text))).digest);
      const expected = [...parts].map(([number, digest]) => ({ number, digest }));
      await uploads.complete(ana, upload, expected);
      await uploads.complete(ana, upload, expected);
      const file = await artifacts.find(ana.workspace, run, 'big/model.bin');
      assert.ok(file);
      assert.equal(file.size, 13);
      assert.equal(await read(artifacts.read(file)), 'one two three');
      await assert.rejects(uploads.putPart(ana, upload.id, 1, unread()), { code: 'ARTIFACT_UPLOAD_INVALID' });
    });

    it('are no file before all have come and are named as they are', async () => {
      const { artifacts } = fixture.tracking;
      const { uploads } = artifacts;
      const run = await newRun();
      const upload = await uploads.begin(ana, run, 'a.bin', 2);
      const one = { number: 1, digest: (await uploads.putPart(ana, upload.id, 1, bytesOf('1'))).digest };
      const invalid = { code: 'ARTIFACT_UPLOAD_INVALID' };
      await assert.rejects(uploads.complete(ana, upload, [one]), invalid);
      const two = { number: 2, digest: (await uploads.putPart(ana, upload.id, 2, bytesOf('2'))).digest };
      for (const named of [
        [],
        [one],
        [one, one],
        [one, { ...two, digest: one.digest }],
        [one, two, { ...two, number: 3 }],
      ])
        await assert.rejects(uploads.complete(ana, upload, named), invalid);
      for (const number of [0, 3, 1.5])
        await assert.rejects(uploads.putPart(ana, upload.id, number, unread()), invalid);
      for (const parts of [0, 10_001, 1.5])
        await assert.rejects(uploads.begin(ana, run, 'b', parts), invalid);
      assert.deepEqual(await shown(run), []);
      await uploads.complete(ana, upload, [one, two]);
      assert.deepEqual(await shown(run), ['a.bin 2']);
    });

    it('belong to the place and the workspace they were begun for', async () => {
      const { uploads } = fixture.tracking.artifacts;
      const [run, other] = [await newRun(), await newRun()];
      const upload = await uploads.begin(ana, run, 'a.bin', 1);
      const { digest } = await uploads.putPart(ana, upload.id, 1, bytesOf('1'));
      const missing = { code: 'ARTIFACT_UPLOAD_NOT_FOUND' };
      const parts = [{ number: 1, digest }];
      await assert.rejects(uploads.complete(ana, { ...upload, path: 'b.bin' }, parts), missing);
      await assert.rejects(uploads.complete(ana, { ...upload, owner: other }, parts), missing);
      await assert.rejects(uploads.complete(stranger, upload, parts), missing);
      await assert.rejects(uploads.putPart(stranger, upload.id, 1, unread()), missing);
      await uploads.abort(stranger, upload);
      await uploads.complete(ana, upload, parts);
    });

    it('are forgotten when they are ended, and a day after they were begun', async () => {
      const { uploads } = fixture.tracking.artifacts;
      const run = await newRun();
      const missing = { code: 'ARTIFACT_UPLOAD_NOT_FOUND' };
      const ended = await uploads.begin(ana, run, 'a.bin', 1);
      await uploads.abort(ana, ended);
      await uploads.abort(ana, ended);
      await assert.rejects(uploads.putPart(ana, ended.id, 1, unread()), missing);
      const old = await uploads.begin(ana, run, 'a.bin', 1);
      await uploads.putPart(ana, old.id, 1, bytesOf('1'));
      fixture.clock.time += 86_400_000;
      const young = await uploads.begin(ana, run, 'a.bin', 1);
      await uploads.sweep(fixture.clock.now(), new AbortController().signal);
      await assert.rejects(uploads.putPart(ana, old.id, 1, unread()), missing);
      await uploads.putPart(ana, young.id, 1, bytesOf('1'));
    });
  });
});

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

async function* unread(): AsyncIterable<Uint8Array> {
  yield assert.fail('was read');
}

async function read(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
