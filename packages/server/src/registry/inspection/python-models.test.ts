import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { LabelledVersion } from '../index.ts';
import { readKeptFile } from '../read-kept-file.ts';
import { openRegistryFixture } from '../registry.fixture.ts';

const mlmodel = `flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.11.7
  sklearn:
    pickled_model: model.pkl
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}, {"type": "string", "name": "b", "required": false}, {"type": "datetime", "name": "at", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]'
`;
const pickle = Buffer.from([0x80, 5, 0x4e, 0x2e]);
const digest = `sha256:${createHash('sha256').update(pickle).digest('hex')}`;

describe('a model of Python code', () => {
  let house: Awaited<ReturnType<typeof openRegistryFixture>>;
  before(async () => {
    house = await openRegistryFixture();
  });
  after(() => house.close());

  async function register(
    model: string,
    files: Readonly<Record<string, string | Buffer>>,
  ): Promise<LabelledVersion> {
    const { registry, engineer } = house;
    const runId = await house.startRun();
    for (const [path, content] of Object.entries(files)) await house.putFile(runId, `model/${path}`, content);
    if ((await registry.findModel(engineer.workspace, model)) === undefined)
      await registry.createModel(engineer, { name: model, description: '' });
    return await registry.registerFromRun(engineer, { model, runId, path: 'model', description: '' });
  }

  it('with a pickle is registered once its digest is allowed, whatever the file is called', async () => {
    const files = { MLmodel: mlmodel, 'requirements.txt': 'mlflow==3.17.2\n# note\n', 'weights/one': pickle };
    await assert.rejects(register('forest', files), (error: Error) => {
      assert.match(error.message, new RegExp(`weights/one \\(${digest}\\)`));
      return Reflect.get(error, 'code') === 'PICKLE_NOT_ALLOWED';
    });
    await house.registry.allowPickle(house.engineer, digest, 'made in the test');
    const { inspected } = await register('forest', files);
    assert.deepEqual(inspected?.signature.python, {
      kind: 'mlflow',
      path: 'model',
      version: '3.11.7',
      requirements: ['mlflow==3.17.2'],
      form: 'frame',
      dates: ['at'],
    });
    assert.deepEqual(
      inspected.signature.features.map(({ name, type, missing }) => [name, type, missing]),
      [
        ['a', 'number', false],
        ['b', 'text', true],
        ['at', 'text', false],
      ],
    );
    assert.deepEqual(
      [inspected.signature.task, inspected.signature.score],
      ['classification', { output: 'predictions', column: 1 }],
    );
    assert.deepEqual(
      inspected.artifacts.map(({ path }) => path),
      ['model/MLmodel', 'model/requirements.txt', 'model/weights/one', 'signature.json', 'examples.json'],
    );
  });

  it('is refused again once the digest is forbidden', async () => {
    const { registry, engineer } = house;
    await registry.allowPickle(engineer, digest, 'for a while');
    await registry.forbidPickle(engineer, digest);
    assert.deepEqual(await registry.listAllowedPickles(engineer.workspace, { limit: 10 }), { items: [] });
    await assert.rejects(
      register('other-forest', { MLmodel: mlmodel, 'requirements.txt': '', 'model.pkl': pickle }),
      { code: 'PICKLE_NOT_ALLOWED' },
    );
  });

  it('as a file is called with its columns', async () => {
    const { inspected } = await register('minutes', {
      'model.py': 'def predict(columns): return columns["x"]',
      'signature.json': JSON.stringify({
        inputs: [{ type: 'double', name: 'x' }],
        outputs: [{ type: 'double', name: 'minutes' }],
      }),
    });
    const python = inspected?.signature.python;
    assert.deepEqual([python?.kind, python?.path, python?.form], ['file', 'model/model.py', 'columns']);
  });

  it('that is an agent of MLflow takes and gives documents, and is shown with the one it was logged with', async () => {
    const agent = `flavors:
  python_function:
    loader_module: mlflow.pyfunc.loaders.code_model
    python_version: 3.11.7
metadata:
  task: agent/v1/responses
saved_input_example_info:
  artifact_path: input_example.json
signature:
  inputs: '[{"type": "array", "items": {"type": "any"}, "name": "input", "required": true}]'
  outputs: '[{"type": "object", "properties": {"output": {"type": "any"}}}]'
`;
    const example = '{"input": [{"role": "user", "content": "Hello!"}]}';
    const { inspected } = await register('agent', {
      MLmodel: agent,
      'requirements.txt': 'mlflow==3.17.2',
      'agent.py': '',
      'input_example.json': example,
    });
    const { python, inputs, outputs, score } = inspected?.signature ?? assert.fail();
    assert.deepEqual([python?.form, python?.path], ['document', 'model']);
    assert.deepEqual(
      [...inputs, ...outputs].map(({ name, datatype }) => [name, datatype]),
      [
        ['request', 'BYTES'],
        ['answer', 'BYTES'],
        ['characters', 'FP64'],
      ],
    );
    assert.equal(score.output, 'characters');
    const stored = inspected?.artifacts.find(({ path }) => path === 'examples.json') ?? assert.fail();
    assert.deepEqual(JSON.parse((await readKeptFile(house.blobs, stored)).toString()).textRows, [[example]]);
    await assert.rejects(
      register('no-agent', { MLmodel: agent.replace('agent/v1', 'agent/v9'), 'requirements.txt': '' }),
      /which no tensor holds|not in MLflow's form/,
    );
  });

  it('is refused with what it lacks', async () => {
    const lacking: [Record<string, string>, RegExp][] = [
      [{ 'model.py': '' }, /no signature; give it one/],
      [{ MLmodel: mlmodel }, /no requirements\.txt/],
      [{ MLmodel: mlmodel.split('signature:')[0] ?? '', 'requirements.txt': '' }, /no signature; log it/],
      [{ MLmodel: mlmodel.replace(/ {2}outputs:.*\n/, ''), 'requirements.txt': '' }, /no outputs/],
      [{ MLmodel: mlmodel.replace('float64', 'object'), 'requirements.txt': '' }, /texts alone/],
      [{ 'a.py': '', 'b.py': '' }, /none of them is model\.py/],
    ];
    for (const [files, problem] of lacking) await assert.rejects(register('lacking', files), problem);
  });
});
