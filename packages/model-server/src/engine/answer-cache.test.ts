import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelSignature, RemoteModel } from '@esteira/contracts';
import fc from 'fast-check';
import { signature } from '../model-server.fixture.ts';
import type { Tensor } from '../protocol/tensor.ts';
import { createAnswerCache } from './answer-cache.ts';
import type { FeatureBatch } from './feature-batch.ts';

const settings = { ttlSeconds: 10, maxBytes: 10_000 };

function batchOf(values: readonly number[], texts: readonly string[] = []): FeatureBatch {
  const feeds = new Map<string, Tensor>([
    ['X', { name: 'X', shape: [1, values.length], datatype: 'FP64', data: Float64Array.from(values) }],
    ['T', { name: 'T', shape: [1, texts.length], datatype: 'BYTES', data: [...texts] }],
  ]);
  return { rows: 1, feeds };
}

/** A model whose answer tells every bit of what it was given. */
function answerTo(version: string, { feeds }: FeatureBatch): ReadonlyMap<string, Tensor> {
  const told = [...feeds.values()].map(({ name, shape, data }) => [
    name,
    shape,
    Array.from(data as ArrayLike<number | string>, (value) => (Object.is(value, -0) ? '-0' : value)),
  ]);
  const data = [JSON.stringify([version, told])];
  return new Map([['said', { name: 'said', shape: [1], datatype: 'BYTES', data }]]);
}

describe('answers that are kept', () => {
  it('are those that the model would give, whatever was asked before, within the memory that they may take', () => {
    const question = fc.record({
      version: fc.constantFrom('v1', 'v2'),
      values: fc.array(fc.constantFrom(0, -0, 1, 2.5, 1e300), { maxLength: 3 }),
      texts: fc.array(fc.constantFrom('', 'a', 'b', 'a","b', 'ü'), { maxLength: 3 }),
      wait: fc.constantFrom(0, 0, 0, 4_000),
    });
    fc.assert(
      fc.property(fc.array(question, { maxLength: 40 }), (questions) => {
        let now = 0;
        const cache = createAnswerCache({ ...settings, maxBytes: 5_000 }, () => now);
        for (const { version, values, texts, wait } of questions) {
          now += wait;
          const batch = batchOf(values, texts);
          const given = cache.answer(version, batch, () => answerTo(version, batch));
          assert.ok(!(given instanceof Promise));
          assert.deepEqual(given.outputs, answerTo(version, batch));
          assert.ok(cache.bytes() <= 5_000);
        }
      }),
    );
  });

  it('are given again until their time is over, and only of the same version', async () => {
    let now = 0;
    let asked = 0;
    const cache = createAnswerCache(settings, () => now);
    const ask = async (version: string) => {
      const model = () => {
        asked += 1;
        return answerTo(version, batchOf([1]));
      };
      return (await cache.answer(version, batchOf([1]), model)).cached;
    };
    assert.equal(await ask('v1'), false);
    assert.equal(await ask('v1'), true);
    assert.equal(await ask('v2'), false);
    now = 9_999;
    assert.equal(await ask('v1'), true);
    now = 10_000;
    assert.equal(await ask('v1'), false);
    assert.equal(asked, 3);
  });

  it('make room for new ones: what was not asked for the longest time goes first', () => {
    const cache = createAnswerCache({ ...settings, maxBytes: 3_500 }, () => 0);
    const isKept = (value: number) => {
      const given = cache.answer('v', batchOf([value]), () => answerTo('v', batchOf([value])));
      return !(given instanceof Promise) && given.cached;
    };
    assert.deepEqual([1, 2, 3, 1].map(isKept), [false, false, false, true]);
    assert.equal(isKept(4), false);
    assert.equal(isKept(1), true);
    assert.equal(isKept(2), false);
  });

  it('are waited for together by equal questions that come at once', async () => {
    const cache = createAnswerCache(settings, () => 0);
    const { promise, resolve } = Promise.withResolvers<ReadonlyMap<string, Tensor>>();
    let asked = 0;
    const ask = () => {
      asked += 1;
      return promise;
    };
    const all = [1, 2, 3].map(() => cache.answer('v', batchOf([1]), ask));
    resolve(answerTo('v', batchOf([1])));
    assert.deepEqual(
      (await Promise.all(all)).map(({ cached }) => cached),
      [false, true, true],
    );
    assert.equal(asked, 1);
  });

  it('are no failures: the next one asks the model again', async () => {
    const cache = createAnswerCache(settings, () => 0);
    const failing = () => Promise.reject(new Error('no'));
    const both = [1, 2].map(() => cache.answer('v', batchOf([1]), failing));
    for (const one of both) await assert.rejects(Promise.resolve(one), /no/);
    const given = await cache.answer('v', batchOf([1]), () => answerTo('v', batchOf([1])));
    assert.equal(given.cached, false);
  });

  it('are of models that answer equal questions equally, by what they are or as their owner says', () => {
    const usual = createAnswerCache(settings, () => 0);
    const declared = createAnswerCache({ ...settings, deterministic: true }, () => 0);
    const remote: RemoteModel = {
      kind: 'remote',
      protocol: 'openai',
      url: 'https://models.example',
      model: 'm',
      timeoutMs: 1_000,
    };
    const models: readonly [ModelSignature, boolean][] = [
      [signature, true],
      [{ ...signature, operators: ['ai.onnx.MatMul', 'ai.onnx.RandomNormalLike'] }, false],
      [{ ...signature, operators: ['Bernoulli'] }, false],
      [{ ...signature, remote }, false],
    ];
    for (const [model, kept] of models) {
      assert.equal(usual.keeps(model), kept);
      assert.equal(declared.keeps(model), true);
    }
  });
});
