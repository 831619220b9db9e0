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
      '..hidden',
      'a/b..c/d',
      '100%',
      'x#y?z',
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
      '%2e%2e/x',
      'a/%2E%2E/b',
      '%252e%252e/x',
      'a%2fb',
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
      'e\u0301',
      '\ud800',
      ' a',
      'a /b',
      'a/ ..',
      'a/'.repeat(600),
      `a/${'b'.repeat(256)}`,
    ];
    for (const path of tricks) {
      assert.throws(() => checkArtifactPath(path), { code: 'ARTIFACT_PATH_INVALID' }, JSON.stringify(path));
    }
  });

  it('never leaves the folder of the run, whatever decodes it', () => {
    const piece = fc.constantFrom('..', '.', '/', '\\', '%2e', '%2F', 'a', '\uff0e', ' ', '%25', 'C:');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = pieces.join('');
        try {
          checkArtifactPath(path);
        } catch {
          return;
        }
        const seen = new URL(path.replaceAll('%', '%25').normalize('NFKC'), 'http://run.invalid/root/')
          .pathname;
        assert.ok(seen.startsWith('/root/') && !seen.includes('/../'), seen);
      }),
    );
  });
});
