import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { createCheckpointSigner } from './checkpoint.ts';
import { leafHash } from './merkle-tree.ts';

const key = generateKeyPairSync('ed25519').privateKey;
const signer = createCheckpointSigner(key);
const head = { size: 17, root: leafHash(Buffer.from('root')) };

describe('a checkpoint', () => {
  it('is a signed note that a C2SP verifier accepts', () => {
    // The base64 of the key may hold further plus signs.
    const [, name, keyHash, material] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(signer.verifierKey) ?? [];
    const [body, signatureBlock] = signer.sign(head).split('\n\n');
    assert.equal(body, `${name}\n17\n${head.root.toString('base64')}`);
    const signature = /^— (\S+) (\S+)\n$/.exec(signatureBlock ?? '');
    assert.equal(signature?.[1], name);
    const bytes = Buffer.from(signature?.[2] ?? '', 'base64');
    assert.equal(bytes.subarray(0, 4).toString('hex'), keyHash);
    const keyBytes = Buffer.from(material ?? '', 'base64');
    const expectedHash = createHash('sha256').update(`${name}\n`).update(keyBytes).digest('hex').slice(0, 8);
    assert.equal(keyHash, expectedHash);
    assert.ok(verify(null, Buffer.from(`${body}\n`), createPublicKey(key), bytes.subarray(4)));
  });

  it('opens to the head it was made of', () => {
    assert.deepEqual(signer.open(signer.sign(head)), head);
  });

  it('opens no longer when any of its bits is flipped', () => {
    const text = Buffer.from(signer.sign(head));
    for (let bit = 0; bit < text.length * 8; bit++) {
      const flipped = Buffer.from(text);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(signer.open(flipped.toString('utf8')), undefined, `bit ${bit}`);
    }
  });

  it('of another log does not open', () => {
    const other = createCheckpointSigner(generateKeyPairSync('ed25519').privateKey);
    assert.equal(signer.open(other.sign(head)), undefined);
  });
});
