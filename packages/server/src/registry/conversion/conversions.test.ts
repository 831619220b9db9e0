import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openRegistryFixture } from '../registry.fixture.ts';
import { type Conversions, createConversions } from './conversions.ts';

const mlmodel = `flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 2.7.18
signature:
  inputs: '[{"type": "double", "name": "a"}]'
  outputs: '[{"type": "double"}]'
`;

describe('a conversion', () => {
  let house: Awaited<ReturnType<typeof openRegistryFixture>>;
  let conversions: Conversions;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'conversions-'));
    house = await openRegistryFixture();
    const { tracking, registry, governance, deps, engineer } = house;
    conversions = createConversions({
      ...house,
      ...deps,
      lineage: governance.lineage,
      hasRun: async (workspace, id) => (await tracking.reader.find(workspace, id)) !== undefined,
      filesBelow: house.filesBelow,
      runs: tracking,
      inspections: registry,
      directory,
      environment: { PATH: process.env.PATH },
      config: { allowUnsandboxedPython: false },
    });
    await registry.createModel(engineer, { name: 'forest', description: '' });
  });
  after(async () => {
    await house.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** How the conversion of files ended. */
  async function convert(files: Readonly<Record<string, string>>): Promise<string> {
    const { engineer, jobs } = house;
    const runId = await house.startRun();
    for (const [path, content] of Object.entries(files)) await house.putFile(runId, `model/${path}`, content);
    const source = { runId, path: 'model' };
    const id = await conversions.startConversion(engineer, { model: 'forest', source, description: '' });
    const { error } = await jobs.wait(engineer.workspace, id);
    return JSON.stringify(error);
  }

  it('is refused with what is no estimator, or what the estimator lacks', async () => {
    const pickle = '\u0080\u0005N.';
    for (const [files, words] of [
      [{ 'model.onnx': 'graph' }, /has a graph already/],
      [{ 'model.py': 'def predict(columns): pass' }, /is no estimator/],
      [
        { MLmodel: mlmodel.replace('sklearn', 'pytorch'), 'requirements.txt': '' },
        /loaded by mlflow.pytorch/,
      ],
      [
        { MLmodel: mlmodel.replace('"double", "name"', '"datetime", "name"'), 'requirements.txt': '' },
        /datetime/,
      ],
      [{ 'model.pkl': pickle }, /no requirements\.txt/],
      [{ 'a.pkl': pickle, 'b.joblib': pickle, 'requirements.txt': '' }, /a\.pkl and b\.joblib/],
      [{ MLmodel: mlmodel, 'requirements.txt': 'x @ https://elsewhere' }, /not a package with versions/],
      [{ MLmodel: mlmodel, 'requirements.txt': '' }, /No Python 2\.7 is on the path/],
    ] as const) {
      const error = await convert(files);
      assert.match(error, /MODEL_NOT_CONVERTIBLE/);
      assert.match(error, words);
    }
    const { registry, engineer } = house;
    assert.equal((await registry.findModel(engineer.workspace, 'forest'))?.latestVersion, 0);
  });

  it('is not begun of a run, a version or a model that is not there', async () => {
    const { engineer } = house;
    const wanted = { model: 'forest', description: '', source: { runId: 'run_none', path: '' } };
    await assert.rejects(conversions.startConversion(engineer, wanted), { code: 'RUN_NOT_FOUND' });
    const source = { modelVersionId: 'mv_none' };
    await assert.rejects(conversions.startConversion(engineer, { ...wanted, source }), {
      code: 'MODEL_VERSION_NOT_FOUND',
    });
    await assert.rejects(conversions.startConversion(engineer, { ...wanted, model: 'none' }), {
      code: 'MODEL_NOT_FOUND',
    });
  });
});
