import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelSignature } from '@esteira/contracts';
import {
  infer,
  makeEndpoint,
  makeServerDirectory,
  pythonFile,
  spawnServer,
} from '../model-server.fixture.ts';

const signature: ModelSignature = {
  task: 'regression',
  inputs: [
    { name: 'count', datatype: 'FP64', shape: [-1] },
    { name: 'mood', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [
    { name: 'step', datatype: 'FP64', shape: [-1] },
    { name: 'heard', datatype: 'FP64', shape: [-1] },
  ],
  features: [
    { name: 'count', type: 'number', input: 'count', index: 0, missing: false },
    { name: 'mood', type: 'text', input: 'mood', index: 0, missing: true },
  ],
  label: null,
  score: { output: 'step', column: 0 },
  classes: [],
  operators: [],
  python: pythonFile,
};

// It counts the pieces it made, and whether it was told to stop.
const source = `made = 0
told = 0

def predict(columns):
    return {"step": [made], "heard": [told]}

def predict_stream(columns):
    global made, told
    made = 0
    try:
        for step in range(int(columns["count"][0])):
            if columns["mood"][0] == "angry" and step == 2:
                raise ValueError("no more")
            if columns["mood"][0] == "slow" and step == 2:
                import time
                time.sleep(30)
            if columns["mood"][0] == "peek":
                yield {"step": [made], "heard": [told]}
                return
            made += 1
            yield {"step": [step], "heard": [told]}
    except GeneratorExit:
        told += 1
        raise
`;

describe('a model that answers in pieces', () => {
  const files = makeServerDirectory();
  let server: Awaited<ReturnType<typeof spawnServer>>;

  before(async () => {
    const python = files.bundle(1, {
      'model/model.py': Buffer.from(source),
      'signature.json': signature,
    });
    const plain = files.addVersion(2, 5);
    files.write([
      makeEndpoint(python, {
        name: 'steps',
        limits: { maxBodyBytes: 10_000, maxRows: 100, timeoutMs: 1_500 },
      }),
      makeEndpoint(plain),
    ]);
    server = await spawnServer(files.directory);
    const { body } = tensors(1, '');
    while ((await infer(server.url, body, { path: '/v2/models/steps/infer' })).status !== 200)
      await pause(50);
  });
  after(async () => {
    server.process.kill();
    await server.ended;
    files.remove();
  });

  function tensors(count: number, mood: string) {
    return {
      body: {
        inputs: [
          { name: 'count', shape: [1], datatype: 'FP64', data: [count] },
          { name: 'mood', shape: [1], datatype: 'BYTES', data: [mood] },
        ],
      },
    };
  }

  async function stream(body: unknown, model = 'steps', name = 'infer_stream') {
    const answer = await fetch(`${server.url}/v2/models/${model}/${name}`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    const events = text
      .split('\n\n')
      .filter((event) => event !== '')
      .map((event) => JSON.parse(event.replace(/^data: /, '')) as Record<string, unknown>);
    return { status: answer.status, type: answer.headers.get('content-type'), events };
  }

  /** Asks as MLflow's client does: the answer is in pieces where the body says so. */
  async function invoke(body: object, model = 'steps') {
    const answer = await fetch(`${server.url}/models/${model}/invocations`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    const events = text.split('\n\n').map((event) => event.replace(/^data: /, ''));
    return { status: answer.status, type: answer.headers.get('content-type'), text, events };
  }

  const frame = (count: number, mood: string, more: object = {}) => ({
    dataframe_split: { columns: ['count', 'mood'], data: [[count, mood]] },
    ...more,
  });

  const stepOf = (event: Record<string, unknown> | undefined) =>
    (event?.outputs as { data: number[] }[] | undefined)?.[0]?.data[0];

  const idOf = (event: Record<string, unknown> | undefined) =>
    String(((event?.parameters ?? {}) as { prediction_id?: string }).prediction_id);

  it('sends each piece as an event, logs what was asked before the first and how it ended after the last', async () => {
    for (const name of ['infer_stream', 'generate_stream']) {
      const { status, type, events } = await stream(tensors(4, '').body, 'steps', name);
      assert.deepEqual([status, type], [200, 'text/event-stream; charset=utf-8']);
      assert.deepEqual(events.map(stepOf), [0, 1, 2, 3]);
      const id = idOf(events[0]);
      const logged = files.spooled().filter(({ p }) => p.startsWith(id));
      assert.deepEqual(
        logged.map(({ p, a, st, v, x, pc }) => [p, a, st, v, x, pc]),
        [
          [`${id}-0`, 'primary', 'ok', 0, [4], undefined],
          [`${id}-end-0`, 'end', 'ok', null, null, 4],
        ],
      );
      const [beginning, end] = logged;
      assert.equal(end?.n, (beginning?.n ?? 0) + 1);
    }
  });

  it('tells in an event what broke, and logs it beside the beginning', async () => {
    for (const [mood, code] of [
      ['angry', 'MODEL_FAILED'],
      ['slow', 'MODEL_TIMED_OUT'],
    ] as const) {
      const { status, events } = await stream(tensors(5, mood).body);
      assert.equal(status, 200);
      assert.deepEqual(events.slice(0, 2).map(stepOf), [0, 1]);
      assert.deepEqual([events.length, events[2]?.code], [3, code]);
      const id = idOf(events[0]);
      const logged = files.spooled().filter(({ p }) => p.startsWith(id));
      assert.deepEqual(
        logged.map(({ st, c }) => [st, c]),
        [
          ['ok', null],
          ['error', code],
        ],
      );
    }
    assert.equal((await stream(tensors(2, '').body)).events.length, 2);
  });

  it('stops the model when nobody reads any more, and makes no piece that nobody asked for', async () => {
    const body = JSON.stringify(tensors(1_000_000, '').body);
    await new Promise<void>((resolve, reject) => {
      const sent = request(`${server.url}/v2/models/steps/infer_stream`, {
        method: 'POST',
        headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      });
      sent.on('response', (answer) => {
        answer.once('data', () => {
          sent.destroy();
          resolve();
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
    const cancelled = () => files.spooled().some(({ c }) => c === 'STREAM_CANCELLED');
    for (let tries = 0; !cancelled(); tries++) {
      assert.ok(tries < 200, 'the end of the stream is not in the log');
      await pause(50);
    }
    const { events } = await stream(tensors(1, 'peek').body);
    const [made, heard] = ((events[0]?.outputs ?? []) as { data: number[] }[]).map(
      ({ data }) => data[0] ?? 0,
    );
    assert.ok((made ?? 0) < 1_000_000, String(made));
    assert.equal(heard, 1);
  });

  it('is asked for pieces by a word in the body of a scoring request, and says that it is done', async () => {
    const { type, events } = await invoke(frame(3, '', { stream: true }));
    assert.equal(type, 'text/event-stream; charset=utf-8');
    const steps = events.slice(0, 3).map((event) => JSON.parse(event).predictions[0].step);
    assert.deepEqual(
      [steps, events.slice(3)],
      [
        [0, 1, 2],
        ['[DONE]', ''],
      ],
    );
    const broken = await invoke(frame(5, 'angry', { stream: true }));
    const told = JSON.parse(broken.events[2] ?? '') as { error: string; error_code: string };
    assert.deepEqual([told.error_code, broken.events.slice(3)], ['INTERNAL_ERROR', ['[DONE]', '']]);
    assert.match(told.error, /steps failed to answer/);
    const atOnce = await invoke(frame(3, '', { stream: false }));
    assert.deepEqual(
      [atOnce.type, Object.keys(JSON.parse(atOnce.text))],
      ['application/json', ['predictions']],
    );
    const unclear = await invoke(frame(3, '', { stream: 'yes' }));
    assert.equal(unclear.status, 400);
    assert.match(unclear.text, /stream is .*neither true nor false/);
    const whole = await invoke({ inputs: [[9, 2, 3]], stream: true }, 'late-flights');
    assert.deepEqual([whole.status, whole.events.length, whole.events[1]], [200, 3, '[DONE]']);
  });

  it('refuses what it cannot read before any event, and sends one event where the model answers at once', async () => {
    const unread = await stream({ inputs: [] });
    assert.deepEqual([unread.status, unread.events[0]?.code], [400, 'INVALID_INFERENCE_REQUEST']);
    assert.equal((await stream(tensors(0, '').body)).status, 500);
    const row = { inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 3], data: [9, 2, 3] }] };
    const whole = await stream(row, 'late-flights');
    assert.deepEqual([whole.status, whole.events.length, stepOf(whole.events[0])], [200, 1, 1]);
  });
});
