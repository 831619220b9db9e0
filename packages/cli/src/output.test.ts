import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createOutput, facts, table } from './output.ts';

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
  const stdout = recorder();
  const stderr = recorder();
  const output = createOutput({
    json: options.json,
    stdout: stdout.stream as unknown as NodeJS.WriteStream,
    stderr: Object.assign(stderr.stream, {
      isTTY: options.isTTY,
      columns: 80,
    }) as unknown as NodeJS.WriteStream,
  });
  return { output, stdout: stdout.text, stderr: stderr.text };
}

function recorder() {
  const parts: string[] = [];
  const stream = new Writable({
    write(part: Buffer, _encoding, done) {
      parts.push(part.toString());
      done();
    },
  });
  return { stream, text: () => parts.join('') };
}
