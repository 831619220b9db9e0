import { createHash } from 'node:crypto';
import type { JsonValue } from '@esteira/contracts';
import canonicalize from 'canonicalize';

/** SHA-256 over the canonical JSON (RFC 8785) of a value: equal values have equal digests, whatever the order of their keys. */
export function canonicalDigest(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Only JSON values have a canonical digest.');
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
