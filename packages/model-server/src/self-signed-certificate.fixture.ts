import { generateKeyPairSync, sign } from 'node:crypto';

/**
 * A certificate for a host name, signed by its own key (X.509 version 3, RFC 5280; ECDSA with SHA-256 on P-256), valid
 * from 2020 to 2049. For tests.
 */
export function makeSelfSignedCertificate(host: string): { certificate: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid(0x55, 0x04, 0x03), element(0x0c, Buffer.from(host)))));
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const subjectAltName = sequence(
    oid(0x55, 0x1d, 0x11),
    element(0x04, sequence(element(0x82, Buffer.from(host)))),
  );
  const content = sequence(
    element(0xa0, integer(2)),
    integer(1),
    algorithm,
    name,
    sequence(utcTime('200101000000Z'), utcTime('491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(subjectAltName)),
  );
  const signature = sign('sha256', content, privateKey);
  const certificate = sequence(content, algorithm, element(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** A DER element: tag, length, content (X.690). */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function set(part: Buffer): Buffer {
  return element(0x31, part);
}

function integer(value: number): Buffer {
  return element(0x02, Buffer.of(value));
}

function oid(...bytes: readonly number[]): Buffer {
  return element(0x06, Buffer.from(bytes));
}

function utcTime(text: string): Buffer {
  return element(0x17, Buffer.from(text));
}
