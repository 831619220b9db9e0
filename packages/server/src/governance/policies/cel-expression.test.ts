import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileCel, compileTemplate } from './cel-expression.ts';

describe('a CEL expression', () => {
  it('answers over plain JSON', () => {
    const outcome = compileCel('latency.p95Ms <= limit && latency.errors == 0').evaluate({
      latency: { p95Ms: 3.5, errors: 0 },
      limit: 20,
    });
    assert.deepEqual(outcome, { value: true });
  });

  it('gives an error, and never an answer, for what is not there', () => {
    for (const source of [
      'a.missing == 1',
      'missing',
      'a.none > 1.0',
      'a.text < 3',
      'a.list[5] == 1',
      'a.text + 1',
    ]) {
      const outcome = compileCel(source).evaluate({ a: { none: null, text: 'x', list: [1] } });
      assert.ok('error' in outcome, source);
    }
  });

  it('names what it needs from outside, without the variables of its own loops', () => {
    const { variables } = compileCel(
      "a.all(x, x.id == b.c && ['k'].exists(y, y == x.k)) && has(c.d) ? {'k': e} : {'k': f(g)}",
    );
    assert.deepEqual([...variables].sort(), ['a', 'b', 'c', 'e', 'g']);
  });

  it('is refused when it does not parse', () => {
    assert.throws(() => compileCel('a ==='), /input/);
  });
});

describe('a template', () => {
  it('fills places with values, shortened to what people read', () => {
    const text = compileTemplate('{{ a.n }} ms of {{ a.i }}, {{ a.l }}, {{ a.b }}');
    assert.equal(
      text.render({ a: { n: 1234.56789, i: 1_000_000, l: ['x', 'y'], b: true } }),
      '1235 ms of 1000000, x, y, true',
    );
  });

  it('says unknown where a value is not there', () => {
    assert.equal(
      compileTemplate('{{ a.b }} and {{ a.c }}').render({ a: { c: null } }),
      'unknown and unknown',
    );
  });
});
