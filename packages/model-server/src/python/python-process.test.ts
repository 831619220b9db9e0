import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Tensor } from '../protocol/tensor.ts';
import {
  type PythonEnvironment,
  PythonEnvironmentError,
  preparePythonEnvironment,
} from './python-environment.ts';
import { type PythonProcess, type PythonProcessOptions, startPythonProcess } from './python-process.ts';
import { defaultPythonLimits } from './python-sandbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-python-'));
const deps = {
  directory: join(folder, 'environments'),
  host: process.env,
  timeoutMs: 120_000,
  signal: new AbortController().signal,
};
let environment: PythonEnvironment;

before(async () => {
  environment = await preparePythonEnvironment(deps, { version: undefined, requirements: [] });
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a Python model', () => {
  it('answers with numbers, whole numbers, truth and text, in the types its signature promises', async () => {
    await withModel(
      `def predict(columns):
    x = columns["x"]
    return {"twice": [2 * v for v in x], "count": [len(x)] * len(x), "large": [v > 1 for v in x],
            "word": ["é%d" % v for v in x], "pairs": [[v, v] for v in x]}`,
      async (asked) => {
        const { outputs } = await asked.run(feeds([0.5, 1.5]));
        assert.deepEqual(
          outputs.map(({ name, datatype, shape, data }) => [name, datatype, shape, [...data]]),
          [
            ['twice', 'FP32', [2], [1, 3]],
            ['count', 'INT64', [2], [2n, 2n]],
            ['large', 'BOOL', [2], [0, 1]],
            ['word', 'BYTES', [2], ['é0', 'é1']],
            ['pairs', 'FP64', [2, 2], [0.5, 0.5, 1.5, 1.5]],
          ],
        );
      },
      {
        signature: {
          outputs: [
            { name: 'twice', datatype: 'FP32', shape: [-1] },
            { name: 'count', datatype: 'INT64', shape: [-1] },
            { name: 'large', datatype: 'BOOL', shape: [-1] },
            { name: 'word', datatype: 'BYTES', shape: [-1] },
            { name: 'pairs', datatype: 'FP64', shape: [-1, 2] },
          ],
        },
      },
    );
  });

  it('gives what its signature promises, or says what it gave', async () => {
    await withModel(
      'def predict(columns):\n    return {"a": ["x"], "b": ["y"]}',
      async (asked) => await assert.rejects(asked.run(feeds([1])), /no output y; it gave a, b/),
    );
    await withModel(
      'def predict(columns):\n    return ["text"]',
      async (asked) =>
        await assert.rejects(asked.run(feeds([1])), /has the type BYTES; the signature says FP64/),
    );
  });

  it('answers questions in the order they came, and says what it raised without ending', async () => {
    await withModel(
      `def predict(columns):
    if columns["x"][0] < 0:
        raise ValueError("negative")
    return columns["x"]`,
      async (asked) => {
        const answers = await Promise.allSettled([1, -1, 3].map((x) => asked.run(feeds([x]))));
        assert.deepEqual(
          answers.map((answer) =>
            answer.status === 'fulfilled'
              ? [...(answer.value.outputs[0]?.data ?? [])]
              : String(answer.reason),
          ),
          [[1], 'Error: ValueError: negative', [3]],
        );
      },
    );
  });

  it('reaches no file of the machine, no network, no other process, and writes in its scratch folder alone', async () => {
    writeFileSync(join(folder, 'secret'), 'secret');
    await withModel(
      `import ctypes, os, socket
def refused(act):
    try:
        act()
        return "allowed"
    except Exception as problem:
        return type(problem).__name__
def connect():
    socket.create_connection(("127.0.0.1", 22), 1)
def predict(columns):
    libc = ctypes.CDLL(None)
    return [
        refused(lambda: open("/etc/passwd").read()), refused(lambda: open(${JSON.stringify(join(folder, 'secret'))})),
        refused(connect), refused(lambda: open("/usr/written", "w")), refused(lambda: open("/written", "w")),
        refused(lambda: open("/tmp/written", "w")), str(os.getuid()), str(libc.unshare(0x10000000)), str(libc.mount(None, b"/", None, 32, None)),
        str([name for name in os.listdir("/proc") if name.isdigit()]), refused(lambda: bytearray(1 << 36)),
    ]`,
      async (asked) => {
        const { outputs } = await asked.run(feeds([1]));
        assert.deepEqual(outputs[0]?.data, [
          'FileNotFoundError',
          'FileNotFoundError',
          'PermissionError',
          'OSError',
          'OSError',
          'allowed',
          '65534',
          '-1',
          '-1',
          '[]',
          'MemoryError',
        ]);
      },
      { signature: { outputs: [{ name: 'did', datatype: 'BYTES', shape: [-1] }] } },
    );
  });

  it('has sockets of no family, nobody to trace, no secrets in its environment, and no file that it was not given', async () => {
    process.env.ESTEIRA_TEST_SECRET = 'secret';
    try {
      await withModel(
        `import ctypes, os, socket
def refused(act):
    try:
        return act()
    except Exception as problem:
        return type(problem).__name__
def predict(columns):
    libc = ctypes.CDLL(None)
    families = [socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 40, 38]
    kinds = [refused(lambda: socket.socket(family, socket.SOCK_RAW if family in (16, 17) else socket.SOCK_STREAM).fileno()) for family in families]
    open_files = []
    for number in range(3, 1024):
        try:
            os.fstat(number)
            open_files.append(number)
        except OSError:
            pass
    return [
        ",".join(str(kind) for kind in kinds), str(libc.ptrace(16, os.getppid(), None, None)),
        str([name for name in os.environ if "ESTEIRA" in name or "SECRET" in name]),
        str([number for number in open_files if number > 3]),
        refused(lambda: open("/proc/1/environ").read()), refused(lambda: open("/proc/self/mem", "r+b")),
        refused(lambda: os.kill(os.getppid(), 9) or "killed") if os.getppid() > 1 else "ProcessLookupError",
        refused(lambda: [bytearray(b"x" * (1 << 28)) for _ in range(80)] and "filled"),
    ]`,
        async (asked) => {
          const { outputs } = await asked.run(feeds([1]));
          const [sockets, ...others] = outputs[0]?.data ?? [];
          assert.equal(sockets, Array(6).fill('PermissionError').join());
          assert.deepEqual(others, [
            '-1',
            '[]',
            '[]',
            'FileNotFoundError',
            'FileNotFoundError',
            'ProcessLookupError',
            'MemoryError',
          ]);
        },
        { signature: { outputs: [{ name: 'did', datatype: 'BYTES', shape: [-1] }] } },
      );
    } finally {
      delete process.env.ESTEIRA_TEST_SECRET;
    }
  });

  it('ends with everything it started when it is closed', async () => {
    await withModel(
      `import os, time
def predict(columns):
    if os.fork() == 0:
        time.sleep(3600)
    return [1.0]`,
      async (asked) => {
        await asked.run(feeds([1]));
        const { pid } = asked;
        const family = descendants(pid ?? 0);
        assert.ok(family.length >= 2, `it has ${family.length} processes below it`);
        asked.kill();
        await asked.gone;
        while (family.some((process) => existsSync(`/proc/${process}`))) await pause(10);
        await assert.rejects(asked.run(feeds([1])), /was ended/);
      },
    );
  });

  it('is refused while it loads when it breaks, hangs, dies or has nothing to ask', async () => {
    await assert.rejects(
      withModel('raise KeyError("no such thing")', async () => {}),
      /KeyError/,
    );
    await assert.rejects(
      withModel('x = 1', async () => {}),
      /no function predict/,
    );
    await assert.rejects(
      withModel('import os\nos.kill(os.getpid(), 9)\nos._exit(3)', async () => {}),
      /has ended/,
    );
    await assert.rejects(
      withModel('while True: pass', async () => {}, { loadMs: 1_000 }),
      /did not load within 1000 ms/,
    );
  });

  it('may not answer more than was agreed', async () => {
    await withModel(
      'def predict(columns):\n    return ["x" * (64 * 1024 * 1024)]',
      async (asked) => {
        await assert.rejects(asked.run(feeds([1])), /answered with \d+ bytes/);
      },
      { maximumAnswerBytes: 1024 },
    );
  });
});

describe('the environment of a Python model', () => {
  it('is made once for one lock', async () => {
    const again = await preparePythonEnvironment(deps, { version: undefined, requirements: ['# nothing'] });
    assert.deepEqual(again, environment);
  });

  it('takes packages with versions, and no addresses, paths or options', async () => {
    for (const line of [
      'git+https://example.com/x',
      'x @ https://example.com/x.whl',
      '-r other.txt',
      '--index-url http://x',
      './local',
      '/abs/x.whl',
      'x; python_version < "3" @ file:///etc',
    ]) {
      await assert.rejects(
        preparePythonEnvironment(deps, { version: undefined, requirements: [line] }),
        PythonEnvironmentError,
        line,
      );
    }
  });

  it('names the Python that is missing', async () => {
    await assert.rejects(
      preparePythonEnvironment(deps, { version: '3.99.1', requirements: [] }),
      /No Python 3\.99 .*Install it/,
    );
  });
});

/** Processes started by one, and by those. */
function descendants(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' '))
    .filter((child) => child !== '')
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function feeds(x: readonly number[]): readonly Tensor[] {
  return [{ name: 'x', datatype: 'FP64', shape: [x.length], data: Float64Array.from(x) }];
}

async function withModel(
  source: string,
  use: (asked: PythonProcess) => Promise<void>,
  overrides: Partial<PythonProcessOptions> = {},
): Promise<void> {
  const model = join(folder, 'model');
  mkdirSync(model, { recursive: true });
  const path = join(model, 'model.py');
  writeFileSync(path, source);
  const asked = await startPythonProcess({
    environment,
    model: { kind: 'file', form: 'columns', dates: [] },
    folder: model,
    path,
    signature: { outputs: [{ name: 'y', datatype: 'FP64', shape: [-1] }] },
    limits: { ...defaultPythonLimits, memoryBytes: 1024 ** 3 },
    sandboxed: true,
    loadMs: 60_000,
    maximumAnswerBytes: 32 * 1024 * 1024,
    onOutput: () => {},
    signal: deps.signal,
    ...overrides,
  });
  try {
    await use(asked);
  } finally {
    asked.kill();
    await asked.gone;
  }
}
