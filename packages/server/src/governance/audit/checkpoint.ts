import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/** The size and root that a head of the log commits to. */
export interface LogHead {
  readonly size: number;
  readonly root: Buffer;
}

/** Signs heads of one log and recognises its own signatures. */
export interface CheckpointSigner {
  /** The C2SP checkpoint (https://c2sp.org/tlog-checkpoint): origin, size and root as a signed note. */
  sign(head: LogHead): string;
  /** The head of a checkpoint of this log; undefined when the text or its signature is not this log's. */
  open(checkpoint: string): LogHead | undefined;
  /** The key in the form that verifiers of signed notes take (https://c2sp.org/signed-note). */
  readonly verifierKey: string;
}

const ed25519Algorithm = 1;

/** The log is named after its key, so that its name never changes with the address of the server. */
export function createCheckpointSigner(signingKey: KeyObject): CheckpointSigner {
  const publicKey = createPublicKey(signingKey);
  const rawKey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const keyMaterial = Buffer.concat([Buffer.of(ed25519Algorithm), rawKey]);
  const origin = `esteira.audit/${hash('sha256', rawKey).slice(0, 16)}`;
  const keyHash = hash('sha256', Buffer.concat([Buffer.from(`${origin}\n`), keyMaterial]), 'buffer').subarray(
    0,
    4,
  );
  const signaturePrefix = `\u2014 ${origin} `;

  return {
    verifierKey: `${origin}+${keyHash.toString('hex')}+${keyMaterial.toString('base64')}`,

    sign(head) {
      const body = `${origin}\n${head.size}\n${head.root.toString('base64')}\n`;
      const signature = Buffer.concat([keyHash, sign(null, Buffer.from(body), signingKey)]);
      return `${body}\n${signaturePrefix}${signature.toString('base64')}\n`;
    },

    open(checkpoint) {
      const [name, sizeText, rootText, blank, signatureLine, end, ...more] = checkpoint.split('\n');
      if (name !== origin || blank !== '' || end !== '' || more.length > 0) return undefined;
      if (sizeText === undefined || rootText === undefined || !signatureLine?.startsWith(signaturePrefix))
        return undefined;
      const signature = decodeBase64(signatureLine.slice(signaturePrefix.length));
      const root = decodeBase64(rootText);
      const size = Number(sizeText);
      if (signature?.length !== 68 || root?.length !== 32 || String(size) !== sizeText) return undefined;
      if (!signature.subarray(0, 4).equals(keyHash)) return undefined;
      const body = Buffer.from(`${origin}\n${sizeText}\n${rootText}\n`);
      return verify(null, body, publicKey, signature.subarray(4)) ? { size, root } : undefined;
    },
  };
}

/** Whether the key has signed the checkpoint. */
export function signsCheckpoint(signingKey: KeyObject, checkpoint: string): boolean {
  return createCheckpointSigner(signingKey).open(checkpoint) !== undefined;
}

// Node skips characters that are no base64; a signed text has exactly one form.
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
