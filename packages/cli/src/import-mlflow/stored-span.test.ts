import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { genaiIds, storedSpan } from './mlflow-genai.fixture.ts';
import { readPythonJson } from './python-json.ts';
import { spanMessageOf } from './stored-span.ts';
import { contentOfTrace } from './trace-content.ts';
import { filesOfTrace } from './trace-files.ts';

const { trace: id, attachment } = genaiIds;

function stored(spanId: string, parent: string | null) {
  const message = spanMessageOf(readPythonJson(storedSpan(id, spanId, parent)), id);
  assert.ok(message !== undefined);
  return message;
}

describe('a span that MLflow stored', () => {
  it('keeps every digit and tells whole numbers from others', () => {
    const span = stored('2222222222222222', '1111111111111111');
    assert.partialDeepStrictEqual(span, {
      trace_id: 'ab'.repeat(16),
      span_id: '2222222222222222',
      parent_span_id: '1111111111111111',
      start_time_unix_nano: '1700000000000000001',
      status: { code: 'STATUS_CODE_ERROR', message: 'it broke' },
      links: [{ span_id: '00f067aa0ba902b7' }],
    });
    const attributes = span.attributes as readonly { key: string; value: unknown }[];
    assert.deepEqual(Object.fromEntries(attributes.slice(2).map(({ key, value }) => [key, value])), {
      large: { int_value: '9007199254740993' },
      whole: { double_value: 1 },
      none: { double_value: 'NaN' },
      list: {
        array_value: {
          values: [
            { int_value: '1' },
            { double_value: 2.5 },
            {},
            { string_value: 'x' },
            { bool_value: true },
            { kvlist_value: { values: [{ key: 'ü', value: { kvlist_value: { values: [] } } }] } },
          ],
        },
      },
      raw: { string_value: 'no json' },
    });
  });

  it('is not taken when it has another form', () => {
    assert.equal(spanMessageOf({ context: { span_id: '0x1' }, name: 'x' }, id), undefined);
    assert.equal(spanMessageOf('x', id), undefined);
  });

  it('names the files that are attached to its trace, and not those of others', () => {
    const spans = [stored('1111111111111111', null)];
    assert.deepEqual(filesOfTrace({ trace_info: { trace_id: id }, spans }), [`attachments/${attachment}`]);
    assert.deepEqual(filesOfTrace({ trace_info: { trace_id: genaiIds.traceInFile }, spans }), []);
    assert.deepEqual(filesOfTrace({ trace_info: { trace_id: genaiIds.oldTrace } }), ['traces.json']);
  });
});

describe('what two servers tell of a trace', () => {
  const info = {
    trace_id: id,
    request_time: '2023-11-14T22:13:20.5Z',
    execution_duration: '0.500s',
    tags: { env: 'live', 'mlflow.artifactLocation': 'here' },
    assessments: [{ assessment_id: 'a', create_time: '2023-11-15T00:00:00Z', feedback: { value: 1 } }],
  };
  const span = stored('1111111111111111', null);
  const mine = { trace_info: info, spans: [span] };

  it('is the same however it is written', () => {
    const other = {
      ...info,
      request_time: '2023-11-14T22:13:20.500Z',
      execution_duration: '0.5s',
      tags: { 'mlflow.artifactLocation': 'there', added: 'by the server', env: 'live' },
      trace_metadata: { added: 'too' },
    };
    const base64 = Buffer.from('1111111111111111', 'hex').toString('base64');
    const attributes = [...(span.attributes as readonly object[])].reverse();
    const theirs = { trace_info: other, spans: [{ ...span, span_id: base64, attributes, kind: undefined }] };
    assert.equal(contentOfTrace(theirs, mine), contentOfTrace(mine, mine));
  });

  it('differs when anything of it does', () => {
    const [assessment] = info.assessments;
    const changed = [
      { trace_info: { ...info, state: 'OK' }, spans: [span] },
      { trace_info: { ...info, tags: { env: 'dead' } }, spans: [span] },
      { trace_info: { ...info, assessments: [{ ...assessment, feedback: { value: 2 } }] }, spans: [span] },
      { trace_info: info, spans: [{ ...span, end_time_unix_nano: '1700000000500000003' }] },
      { trace_info: info, spans: [{ ...span, attributes: [] }] },
      { trace_info: info, spans: [{ ...span, events: [] }] },
      { trace_info: info, spans: [] },
    ];
    for (const theirs of changed) assert.notEqual(contentOfTrace(theirs, mine), contentOfTrace(mine, mine));
  });
});
