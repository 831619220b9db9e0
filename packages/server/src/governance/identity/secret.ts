import { hash, timingSafeEqual } from 'node:crypto';
import type { RandomSource } from '../../kernel/random-source.ts';

// The alphabet of the ids: no letters that are mistaken for each other, nothing that needs escaping in a URL or a shell.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const credentialPattern = /es[tsl]_[0-9a-z_]{40,}/;

/** `length` characters of 5 bits each, for an identifier that must not be guessed or counted. */
export function randomText(random: RandomSource, length: number): string {
  let text = '';
  for (const byte of random.bytes(length)) text += alphabet.charAt(byte & 31);
  return text;
}

/** A fresh secret of 260 bits: too many to guess, so that a plain hash of it may be kept. */
export function mintSecret(random: RandomSource): string {
  return randomText(random, 52);
}

/** SHA-256 in hexadecimal: the only form in which a secret is stored. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret);
}

/** Compares in a time that does not depend on where the two differ. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Whether a text holds a token, session or sign-in secret of this platform. */
export function isCredential(text: string): boolean {
  return credentialPattern.test(text);
}
