import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { openPredictionSpool } from './prediction-spool.ts';
import { startSpoolShipper } from './spool-shipper.ts';

describe('the prediction spool', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'spool-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('keeps lines over a restart and goes on at the same offset', async () => {
    const first = openPredictionSpool({ directory });
    await Promise.all([first.append(Buffer.from('one\n')), first.append(Buffer.from('two\n'))]);
    first.close();
    const second = openPredictionSpool({ directory });
    assert.equal(second.end(), 8);
    await second.append(Buffer.from('three\n'));
    assert.equal(second.read(4, 100).toString(), 'two\nthree\n');
    second.close();
  });

  it('takes back a line that was cut, because nobody was answered for it', async () => {
    const first = openPredictionSpool({ directory });
    await first.append(Buffer.from('whole\n'));
    first.close();
    appendFileSync(
      join(directory, readdirSync(directory).find((name) => name.endsWith('.ndjson')) ?? ''),
      'cu',
    );
    const second = openPredictionSpool({ directory });
    assert.equal(second.end(), 6);
    second.close();
  });

  it('gives whole lines only, and a line longer than asked for whole as well', async () => {
    const spool = openPredictionSpool({ directory });
    await spool.append(Buffer.from('aaaa\nbbbb\n'));
    assert.equal(spool.read(0, 7).toString(), 'aaaa\n');
    assert.equal(spool.read(0, 2).toString(), 'aaaa\n');
    spool.close();
  });

  it('forgets a segment only when all of it was acknowledged', async () => {
    const spool = openPredictionSpool({ directory, segmentBytes: 10 });
    for (let line = 0; line < 6; line++) await spool.append(Buffer.from(`line ${line}\n`));
    const segments = () => readdirSync(directory).filter((name) => name.endsWith('.ndjson')).length;
    const before = segments();
    spool.acknowledge(7);
    assert.equal(segments(), before);
    spool.acknowledge(28);
    assert.ok(segments() < before);
    assert.equal(spool.read(28, 100).toString(), 'line 4\nline 5\n');
    spool.close();
    const again = openPredictionSpool({ directory, segmentBytes: 10 });
    assert.equal(again.acknowledged(), 28);
    assert.equal(again.read(35, 100).toString(), 'line 5\n');
    again.close();
  });

  it('ships every line once and in order, whatever is lost on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('arrives', 'lost', 'answer lost'), { maxLength: 12 }),
        async (fates) => {
          const own = mkdtempSync(join(tmpdir(), 'ship-'));
          const spool = openPredictionSpool({ directory: own, segmentBytes: 40 });
          let received = '';
          const left = [...fates];
          const shipper = startSpoolShipper({
            spool,
            pauseMs: 0,
            onProblem: () => {},
            async send(offset, lines) {
              const fate = left.shift() ?? 'arrives';
              if (fate === 'lost') throw new Error('lost');
              // The receiver keeps what is new and says how far it has come.
              received += lines.toString().slice(Math.max(0, received.length - offset));
              if (fate === 'answer lost' && left.length > 0) return offset;
              return received.length;
            },
          });
          let sent = '';
          for (let line = 0; line < 8; line++) {
            sent += `prediction ${line}\n`;
            await spool.append(Buffer.from(`prediction ${line}\n`));
          }
          while (spool.acknowledged() < spool.end()) await shipper.drain(20_000);
          assert.equal(received, sent);
          shipper.stop();
          spool.close();
          rmSync(own, { recursive: true, force: true });
        },
      ),
      { numRuns: 8 },
    );
  });
});
