import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { EsteiraError } from '../kernel/errors.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import { parsePipeline } from './parse-pipeline.ts';
import { fillParameters } from './pipeline.ts';
import { echoKind } from './pipelines.fixture.ts';

const train: StepKind = {
  ...echoKind(),
  kind: 'test.train',
  with: z.object({
    split: z.object({ id: z.string() }),
    depth: z.number().int(),
    rate: z.number().optional(),
  }),
  outputs: ['model'],
};
const kinds = new Map([echoKind(), train].map((kind) => [kind.kind, kind]));

function problemsOf(text: string): string[] {
  try {
    parsePipeline(text, kinds, 'p');
  } catch (error) {
    if (error instanceof EsteiraError) return String(error.details.problems).split('\n');
    throw error;
  }
  return [];
}

describe('a pipeline file', () => {
  it('is read with its graph, needs of references included', () => {
    const { graph, spec } = parsePipeline(
      `name: p
project: flights
parameters: {seed: 1, from: , tags: [a], depth: {default: 3, description: of the trees}}
steps:
  - {name: train, uses: test.train, with: {split: '\${{ steps.split.outputs.value }}', depth: '\${{ parameters.depth }}'}}
  - {name: split, uses: test.echo}
  - {name: report, uses: test.echo, needs: [split], with: {value: '\${{ steps.train.outputs.model }}'}}
`,
      kinds,
    );
    assert.deepEqual(graph.order, ['split', 'train', 'report']);
    assert.deepEqual(graph.needs.get('report'), ['split', 'train']);
    assert.deepEqual(fillParameters(spec, { from: 'x' }), {
      values: { seed: 1, from: 'x', tags: ['a'], depth: 3 },
    });
    assert.deepEqual(fillParameters(spec, {}), { problem: '"from" must be given' });
    assert.deepEqual(fillParameters(spec, { from: 'x', seed: '2' }), {
      problem: '"seed" is a number, not a string',
    });
    assert.match(JSON.stringify(fillParameters(spec, { sed: 1 })), /there are seed, from, tags, depth/);
  });

  it('has a digest of its content, whatever its comments and the order of its keys', () => {
    const one = parsePipeline(
      'name: p\nproject: x\nsteps:\n  - {name: a, uses: test.echo, with: {value: 1}}\n',
      kinds,
    );
    const two = parsePipeline(
      '# hi\nproject: x\nname: p\nsteps: [{with: {value: 1}, uses: test.echo, name: a}]',
      kinds,
    );
    const three = parsePipeline(
      'name: p\nproject: x\nsteps:\n  - {name: a, uses: test.echo, with: {value: 2}}\n',
      kinds,
    );
    assert.equal(one.digest, two.digest);
    assert.notEqual(one.digest, three.digest);
  });

  it('is refused with every problem, its line, and what is known instead', () => {
    assert.deepEqual(
      problemsOf(`name: q
project: x
parameters:
  seed: 1
steps:
  - name: a
    uses: test.ecko
  - name: b
    uses: test.train
    needs: [z]
    with:
      split: '\${{ steps.c.outputs.value }}'
      depth: 1.5
      rat: 1
  - name: c
    uses: test.echo
    with:
      value: '\${{ parameters.sed }}'
      other: ['\${{ steps.b.outputs.modell }}']
  - name: c
    uses: test.echo
    with: {value: '\${{ steps.nowhere.outputs.x }}'}
`),
      [
        'line 1: the file is of pipeline "q", not "p"',
        'line 20: there are two steps named "c"',
        'line 10: "z" is not a known step; known are a, b, c',
        'line 18: "sed" is not a known parameter; known are seed',
        'line 19: "modell" is not a known output of step "b"; known are model',
        'line 22: "nowhere" is not a known step; known are a, b, c',
        'line 7: "test.ecko" is not a known step kind; known are test.echo, test.train',
        'line 14: "rat" is not a known input of test.train; known are split, depth, rate',
        'line 13: with.depth of step "b": Invalid input: expected int, received number',
      ],
    );
  });

  it('is refused when its structure is wrong, with the line', () => {
    assert.match(
      problemsOf('name: p\nproject: x\nstep: []\n').join('\n'),
      /line 3: "step" is not known here; known are name, project/,
    );
    assert.match(
      problemsOf('name: p\nproject: x\nsteps:\n  - name: a\n    use: test.echo\n').join('\n'),
      /line 5: "use" is not known/,
    );
    assert.match(problemsOf('name: p\nname: p\n').join('\n'), /^line 2: Map keys must be unique/);
    assert.match(problemsOf('name: p\nsteps: [\n').join('\n'), /^line \d/);
    assert.match(problemsOf('[]').join('\n'), /^line 1/);
    assert.match(problemsOf('').join('\n'), /^line 1/);
  });

  it('is refused when it is nested or repeats itself beyond what can be read', () => {
    const deep = `${'['.repeat(300)}${']'.repeat(300)}`;
    assert.deepEqual(problemsOf(`name: p\nparameters: {x: {default: ${deep}}}\n`), [
      'line 1: the file is nested too deep',
    ]);
    const repeated = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]\n`);
    assert.match(
      problemsOf(`a0: &a0 [x, x, x]\n${repeated.join('')}`).join(),
      /^line 1: Excessive alias count/,
    );
    assert.deepEqual(problemsOf('name: &own [*own]\n'), ['line 1: the file is nested too deep']);
  });

  it('is refused when steps need each other in a circle', () => {
    assert.deepEqual(
      problemsOf(`name: p
project: x
steps:
  - {name: a, uses: test.echo}
  - {name: b, uses: test.echo, with: {value: '\${{ steps.d.outputs.value }}'}}
  - {name: c, uses: test.echo, needs: [b]}
  - {name: d, uses: test.echo, needs: [c, a]}
`),
      ['line 5: steps need each other in a circle: b needs d needs c needs b'],
    );
  });
});
