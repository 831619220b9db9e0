import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkArtifactPath } from './artifact-path.ts';

describe('the path of an artifact', () => {
  it('is returned as it came when it is plain', () => {
    for (const path of [
      'model.onnx',
      'plots/roc.png',
      'a b/ção.txt',
      ' a',
      'a /b',
      '..hidden',
      'a/b..c/d',
      '100%',
      '100%.txt',
      'a%20b',
      'a+b',
      'x#y?z',
      'e\u0301',
      'ünï中.txt',
    ]) {
      assert.equal(checkArtifactPath(path), path);
    }
  });

  it('is refused when it is absolute, goes up, or could be turned into such a path', () => {
    const tricks = [
      '',
      '/etc/passwd',
      '//proc',
      '..',
      '../x',
      'a/../b',
      'a/./b',
      'a//b',
      'a/',
      './a',
      'a\\b',
      '..\\x',
      'C:/x',
      'c:x',
      'file:x',
      'mlflow-artifacts:/x',
      '%2e%2e/x',
      '%2e./x',
      'a/%2E%2E/b',
      '%252e%252e/x',
      '%25252e%25252e/x',
      '%2525252525252525252525252e./x',
      '%u002e%u002e/x',
      '%c0%ae%c0%ae/x',
      'file%3a/x',
      'a%2fb',
      'a%252Fb',
      'a%5cb',
      'a%00b',
      'a\0b',
      'a\nb',
      'a\u007fb',
      'a\u0085b',
      '\uff0e\uff0e/x',
      'a\uff0fb',
      'a/\u2024\u2024/b',
      'a\uff3cb',
      '\ud800',
      'a/ ..',
      'a/.. /b',
      'a/.../b',
      'a/ /b',
      'a/'.repeat(600),
      `a/${'b'.repeat(256)}`,
    ];
    for (const path of tricks) {
      assert.throws(() => checkArtifactPath(path), { code: 'ARTIFACT_PATH_INVALID' }, JSON.stringify(path));
    }
  });

  it('never leaves the folder of its owner, whatever decodes it and however often', () => {
    const piece = fc.constantFrom(
      ...[
        '..',
        '.',
        '/',
        '\\',
        '%2e',
        '%2F',
        '%5c',
        '%252e',
        '%25',
        'a',
        '\uff0e',
        ' ',
        'C:',
        'file:',
        '\0',
        '%00',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = pieces.join('');
        try {
          checkArtifactPath(path);
        } catch {
          return;
        }
        for (let read = path, round = 0; round < 10; round++) {
          const seen = new URL(read.replaceAll('%', '%25').normalize('NFKC'), 'http://run.invalid/root/')
            .pathname;
          assert.ok(seen.startsWith('/root/') && !seen.includes('/../'), seen);
          assert.ok(!/[\\\0]/.test(read), read);
          read = decoded(read);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
