import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { RandomSource } from '../../../kernel/random-source.ts';

const nonceSize = 12;
const keySize = 32;
const tagSize = 16;
const wrappedKeySize = 1 + nonceSize + keySize + tagSize;
const version = 1;

/** What a wrapped key belongs to; it opens with nothing else. */
export interface KeyBinding {
  readonly keyId: string;
  readonly digest: string;
  readonly bodyId: Buffer;
}

/** Wraps a data key: version, random nonce, ciphertext and tag of AES-256-GCM, with its binding as associated data. */
export function wrapKey(
  dataKey: Uint8Array,
  key: Uint8Array,
  binding: KeyBinding,
  random: RandomSource,
): Buffer {
  const nonce = random.bytes(nonceSize);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(bindingBytes(binding));
  const sealed = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, sealed, cipher.getAuthTag()]);
}

/** Undefined when it was wrapped with another key, for something else, or was changed. */
export function unwrapKey(wrapped: Buffer, key: Uint8Array, binding: KeyBinding): Buffer | undefined {
  if (wrapped.length !== wrappedKeySize || wrapped[0] !== version) return undefined;
  const nonce = wrapped.subarray(1, 1 + nonceSize);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(bindingBytes(binding));
  decipher.setAuthTag(wrapped.subarray(wrappedKeySize - tagSize));
  try {
    const dataKey = decipher.update(wrapped.subarray(1 + nonceSize, wrappedKeySize - tagSize));
    decipher.final();
    return dataKey;
  } catch {
    return undefined;
  }
}

function bindingBytes({ keyId, digest, bodyId }: KeyBinding): Buffer {
  return Buffer.from(`esteira blob key\0${keyId}\0${digest}\0${bodyId.toString('hex')}`);
}
