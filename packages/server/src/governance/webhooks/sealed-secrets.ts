import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import type { RandomSource } from '../../kernel/random-source.ts';

const nonceSize = 12;
const tagSize = 16;
const version = 1;

/** Encrypts secrets that are stored and needed again. */
export interface SealedSecrets {
  /** `owner` is what the secret belongs to; it opens for nothing else. */
  seal(secret: string, owner: string): { readonly sealed: string; readonly keyId: string };
  /** Undefined when it was sealed with another key, for something else, or was changed. */
  open(sealed: string, keyId: string, owner: string): string | undefined;
}

/**
 * AES-256-GCM (version, nonce, ciphertext, tag; key and owner as associated data) under a key that HKDF (RFC 5869) derives
 * for one purpose from the seed of the installation's signing key, so that it is carried to other servers, and apart from archives, with it.
 */
export function createSealedSecrets(
  seed: Uint8Array,
  random: RandomSource,
  purpose: 'webhook' | 'model',
): SealedSecrets {
  const key = Buffer.from(hkdfSync('sha256', seed, '', `esteira ${purpose} secrets`, 32));
  const id = createHash('sha256').update('key id\0').update(key).digest('hex').slice(0, 16);
  const binding = (owner: string): Buffer => Buffer.from(`esteira secret\0${id}\0${owner}`);

  return {
    seal(secret, owner) {
      const nonce = random.bytes(nonceSize);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(binding(owner));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      const sealed = Buffer.concat([Buffer.of(version), nonce, text, cipher.getAuthTag()]);
      return { sealed: sealed.toString('base64'), keyId: id };
    },

    open(sealed, keyId, owner) {
      const bytes = Buffer.from(sealed, 'base64');
      if (keyId !== id || bytes[0] !== version || bytes.length < 1 + nonceSize + tagSize) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + nonceSize));
      decipher.setAAD(binding(owner));
      decipher.setAuthTag(bytes.subarray(-tagSize));
      try {
        const text = decipher.update(bytes.subarray(1 + nonceSize, -tagSize));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
