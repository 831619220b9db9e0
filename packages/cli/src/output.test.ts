import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput, facts, table } from './output.ts';
import { recordStream } from './recorded-stream.fixture.ts';

test('a table puts numbers to the right and texts to the left', () => {
  const text = table(
    [
      { name: 'a', rows: 1_000 },
      { name: 'longer', rows: 7 },
    ],
    {
      name: (row) => row.name,
      rows: (row) => row.rows.toLocaleString('en'),
    },
  );
  assert.equal(text, ['name     rows', 'a       1,000', 'longer      7'].join('\n'));
});

test('an empty table says so', () => {
  assert.equal(table([], { name: () => '' }), 'nothing to show');
});

test('further lines of a fact stand below the first, empty facts are left out', () => {
  assert.equal(
    facts([
      ['id', '1'],
      ['roles', 'a\nb'],
      ['note', ''],
    ]),
    'id     1\nroles  a\n       b',
  );
});

test('with --json only the value is printed, in one line', () => {
  const { output, stdout, stderr } = capture({ json: true, isTTY: true });
  output.progress('working');
  output.live(['half done']);
  output.result({ name: 'a' }, 'text for people');
  assert.equal(stdout(), '{"name":"a"}\n');
  assert.equal(stderr(), '');
});

test('escape sequences in what a server says never reach the terminal', () => {
  const { output, stdout } = capture({ json: false, isTTY: false });
  output.result({}, 'name\u001b[2J\u0007\nnext\tcell\u009b31m');
  assert.equal(stdout(), 'name?[2J?\nnext\tcell?31m\n');
});

test('live lines replace each other on a terminal and are not shown elsewhere', () => {
  const terminal = capture({ json: false, isTTY: true });
  terminal.output.live(['one', 'two']);
  terminal.output.live(['three']);
  assert.equal(terminal.stderr(), 'one\ntwo\n\u001b[2A\u001b[0Jthree\n');
  const log = capture({ json: false, isTTY: false });
  log.output.live(['one']);
  assert.equal(log.stderr(), '');
});

function capture(options: { json: boolean; isTTY: boolean }) {
  const stdout = recordStream();
  const stderr = recordStream();
  const output = createOutput({
    json: options.json,
    stdout: stdout.stream,
    stderr: Object.assign(stderr.stream, { isTTY: options.isTTY, columns: 80 }),
  });
  return { output, stdout: stdout.text, stderr: stderr.text };
}
