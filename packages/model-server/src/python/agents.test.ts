import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelSignature } from '@esteira/contracts';
import { makeEndpoint, makeServerDirectory, pythonFile, spawnServer } from '../model-server.fixture.ts';

const signature: ModelSignature = {
  task: 'regression',
  inputs: [{ name: 'request', datatype: 'BYTES', shape: [-1] }],
  outputs: [
    { name: 'answer', datatype: 'BYTES', shape: [-1] },
    { name: 'characters', datatype: 'FP64', shape: [-1] },
  ],
  features: [{ name: 'request', type: 'text', input: 'request', index: 0, missing: false }],
  label: null,
  score: { output: 'characters', column: 0 },
  classes: [],
  operators: [],
  call: {
    takes: {
      kind: 'columns',
      columns: [{ name: 'request', type: 'string', required: true, input: 'request', index: 0 }],
    },
    params: [],
    gives: { outputs: ['answer'], bare: false },
  },
  python: { ...pythonFile, form: 'document' },
};

// It repeats the document, whole or by the words of what was said last.
const source = `def predict(document):
    if document.get("messages") == []:
        raise ValueError("nothing was said")
    return {"heard": document}

def predict_stream(document):
    for word in document["messages"][-1]["content"].split():
        if word == "boom":
            raise ValueError("it broke")
        yield {"delta": word}
`;

describe('a model that takes documents', () => {
  const files = makeServerDirectory();
  let server: Awaited<ReturnType<typeof spawnServer>>;

  before(async () => {
    const bundle = files.bundle(1, { 'model/model.py': Buffer.from(source), 'signature.json': signature });
    files.write([
      makeEndpoint(bundle, {
        name: 'agent',
        limits: { maxBodyBytes: 10_000, maxRows: 100, timeoutMs: 30_000 },
      }),
    ]);
    server = await spawnServer(files.directory);
    while ((await post('invocations', '{"messages": [{}]}')).status !== 200) await pause(50);
  });
  after(async () => {
    server.process.kill();
    await server.ended;
    files.remove();
  });

  async function post(path: string, body: string) {
    const answer = await fetch(`${server.url}/${path.startsWith('v2') ? '' : 'models/agent/'}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body,
    });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  }

  const messages = (content: string) => `{"messages":[{"role":"user","content":${JSON.stringify(content)}}]`;

  it('is given the body as it came, its numbers too, and its answer goes out as it is', async () => {
    const numbers = '"whole":12345678901234567890,"part":5.0,"small":1e-7';
    const { status, text } = await post('invocations', `${messages('å\u2028😀')},${numbers},"stream":false}`);
    assert.equal(status, 200);
    assert.match(text, /"whole": 12345678901234567890, "part": 5\.0, "small": 1e-07/);
    assert.deepEqual(Object.keys(JSON.parse(text).heard), ['messages', 'whole', 'part', 'small']);
    assert.equal(JSON.parse(text).heard.messages[0].content, 'å\u2028😀');
  });

  it('answers what came wrapped wrapped, one document at a time', async () => {
    const document = `${messages('a')},"n":1.0}`;
    const rows = `{"columns":["messages","n"],"data":[[[{"role":"user","content":"a"}],1.0]]}`;
    for (const body of [
      `{"inputs":${document}}`,
      `{"instances":[${document}]}`,
      `{"dataframe_records":[${document}]}`,
      `{"dataframe_split":${rows}}`,
    ]) {
      const { status, text } = await post('invocations', body);
      assert.equal(status, 200, text);
      assert.deepEqual(JSON.parse(text), { predictions: { heard: JSON.parse(document) } });
    }
    for (const body of [
      `{"instances":[${document},${document}]}`,
      '{"dataframe_records":[]}',
      '{"inputs":"words"}',
      '{"dataframe_split":{"columns":["messages"],"data":[[1,2]]}}',
      '{"dataframe_split":{"columns":[1],"data":[[1]]}}',
      `{"messages":${'['.repeat(5_000)}`,
      `{"inputs":${document},"instances":[${document}]}`,
      '{"rows":1}',
    ]) {
      const { status, text } = await post('invocations', body);
      assert.deepEqual([status, JSON.parse(text).error_code], [400, 'BAD_REQUEST'], body);
    }
  });

  it('answers in pieces when it is asked to, and tells what broke', async () => {
    const whole = await post('invocations', `${messages('one two')},"stream":true}`);
    assert.equal(whole.type, 'text/event-stream; charset=utf-8');
    assert.equal(whole.text, 'data: {"delta": "one"}\n\ndata: {"delta": "two"}\n\ndata: [DONE]\n\n');
    const broken = await post('invocations', `${messages('one boom')},"stream":true}`);
    const [first = '', second = '', last] = broken.text.split('\n\n');
    assert.deepEqual([first, last], ['data: {"delta": "one"}', 'data: [DONE]']);
    assert.equal(JSON.parse(second.replace('data: ', '')).error_code, 'INTERNAL_ERROR');
    assert.equal((await post('invocations', '{"messages":[]}')).status, 500);
  });

  it('refuses over every wire what it cannot take, and a stream of several rows, without being at fault', async () => {
    const tensor = (...data: string[]) =>
      JSON.stringify({ inputs: [{ name: 'request', datatype: 'BYTES', shape: [data.length], data }] });
    const document = `${messages('a')}}`;
    const answer = await post('v2/models/agent/infer', tensor(document, document));
    const [text, characters] = JSON.parse(answer.text).outputs;
    assert.deepEqual(characters.data, [text.data[0].length, text.data[1].length]);
    // More than a model may fail before it is left alone for a while.
    for (let tries = 0; tries < 20; tries++) {
      const refused = await post('v2/models/agent/infer', tensor('no document'));
      assert.equal(refused.status, 400, refused.text);
      assert.match(refused.text, /cannot take the document/);
    }
    assert.equal((await post('v2/models/agent/infer', tensor('[]'))).status, 400);
    const several = await post('v2/models/agent/infer_stream', tensor(document, document));
    assert.equal(several.status, 400, several.text);
    assert.match(several.text, /to one row; the request has 2/);
    assert.equal((await post('v2/models/agent/infer_stream', tensor('no document'))).status, 400);
    assert.equal((await post('v2/models/agent/infer', tensor(document))).status, 200);
  });
});
