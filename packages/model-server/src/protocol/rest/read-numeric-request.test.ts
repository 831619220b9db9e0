import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInferRequest } from './parse-infer-request.ts';
import { readNumericRequest } from './read-numeric-request.ts';

const read = (text: string) => readNumericRequest(Buffer.from(text));
const general = (text: string) => parseInferRequest(Buffer.from(text), undefined);

/** What a request says, without the texts it came by. */
function content(request: ReturnType<typeof general> | undefined) {
  return (
    request && {
      ...request,
      parameters: { ...request.parameters },
      inputs: request.inputs.map(({ name, shape, datatype, data }) => ({ name, shape, datatype, data })),
    }
  );
}

const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => String(value)),
  fc.integer().map(String),
  fc.constantFrom(
    'null',
    '-0',
    '0e7',
    '1E+5',
    '1.5e-7',
    '123456789012345678',
    '0.1000000000000000055511151231257827',
  ),
);
const gap = fc.constantFrom('', ' ', '\n\t', '\r\n  ');

test('the numbers of any array are those of the general reader, to the last bit', () => {
  fc.assert(
    fc.property(
      fc.array(numbers, { minLength: 1, maxLength: 12 }),
      gap,
      fc.boolean(),
      (values, space, double) => {
        const datatype = double ? 'FP64' : 'FP32';
        const finite = values.filter((text) => double || text === 'null' || Math.abs(Number(text)) < 1e38);
        fc.pre(finite.length > 0);
        const list = finite.join(`${space},${space}`);
        for (const data of [`[${space}${list}${space}]`, `[${space}[${list}]${space}]`]) {
          const text = `{"id":"a","inputs":[{"name":"X","shape":[1,${finite.length}],"datatype":"${datatype}","data"${space}:${space}${data}}]}`;
          assert.deepEqual(content(read(text)), content(general(text)));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the rows are kept as they were sent', () => {
  const request = read(
    '{"inputs":[{"data":[[1.50, 2],[null,4e0]],"name":"X","datatype":"FP32","shape":[2,2]}]}',
  );
  const { bytes, starts, ends } = request?.inputs[0]?.rowsAsJson ?? assert.fail();
  const rows = [0, 1].map((row) => bytes.subarray(starts[row], ends[row]).toString());
  assert.deepEqual(rows, ['1.50, 2', 'null,4e0']);
});

test('columns and parameters are read like the general reader reads them', () => {
  const text =
    '{"parameters":{"entity_key":"\\"data\\"","event_time":5},"inputs":[{"name":"distância","shape":[2],"datatype":"FP64","data":[1,2]},{"name":"b","shape":[2,1],"datatype":"FP32","data":[3,4]}]}';
  assert.deepEqual(content(read(text)), content(general(text)));
});

test('whatever is out of the ordinary is left to the general reader', () => {
  const tensor = (changed: string) => `{"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32",${changed}}]}`;
  for (const text of [
    tensor('"data":[1,2,3]'),
    tensor('"data":[1,[2]]'),
    tensor('"data":[[1],[2]]'),
    tensor('"data":[1,2'),
    tensor('"data":[1,]'),
    tensor('"data":[01,2]'),
    tensor('"data":[1.,2]'),
    tensor('"data":[+1,2]'),
    tensor('"data":[.5,2]'),
    tensor('"data":[1e,2]'),
    tensor('"data":[NaN,2]'),
    tensor('"data":[1e39,2]'),
    tensor('"data":["1",2]'),
    tensor('"data":[1,2],"parameters":{}'),
    tensor('"data":[1,2],"data":[1,2]'),
    tensor('"data":0'),
    '{"inputs":[{"name":"X","shape":[1],"datatype":"INT64","data":[1]}]}',
    '{"inputs":[{"name":"X","shape":[0],"datatype":"FP32","data":[]}]}',
    '{"inputs":[{"name":"X","shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"Y"}]}',
    '{"inputs":[{"name":"X","shape":[1],"datatype":"FP32","data":[1]}],"parameters":{"data":[1]}}',
    '{"inputs":[{"name":"X","shape":[1],"datatype":"FP32","data":[1]}]} x',
    '{"\\"data":[1]}',
    '[]',
    '',
  ]) {
    assert.equal(read(text), undefined, text);
  }
  assert.equal(readNumericRequest(Buffer.from([0xff, 0x22])), undefined);
});

test('a body cut or changed anywhere is read as the general reader reads it, or left to it', () => {
  const text =
    '{"inputs":[{"name":"X","shape":[2,2],"datatype":"FP32","data":[[1.5,-2],[null,4e1]]}],"id":"q"}';
  for (let at = 0; at < text.length; at++) {
    for (const changed of [
      text.slice(0, at),
      ...['"', ']', '1', ' '].map((byte) => text.slice(0, at) + byte + text.slice(at + 1)),
    ]) {
      const own = read(changed);
      if (own !== undefined) assert.deepEqual(content(own), content(general(changed)), changed);
    }
  }
});
