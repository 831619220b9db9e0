import type { JsonValue } from '@esteira/contracts';
import canonicalize from 'canonicalize';
import type { Actor, RequestContext } from '../../kernel/actor.ts';
import { isCredential } from '../identity/secret.ts';
import { leafHash } from './merkle-tree.ts';

/** What a room says about a change. People are named by id alone; whatever must be erasable stays out. */
export interface AuditRecord {
  /** `room.noun.verb in the past`: `datasets.version.created`. */
  readonly action: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly details?: JsonValue;
}

/** A row as it is hashed. */
export interface SealableEntry {
  readonly id: string;
  readonly workspace: string;
  readonly at: number;
  readonly action: string;
  readonly actor: { readonly id: string; readonly kind: Actor['kind'] };
  readonly subject: { readonly kind: string; readonly id: string };
  readonly requestId: string;
  readonly details: JsonValue;
}

export function entryOf(
  context: RequestContext,
  record: AuditRecord,
  stamp: { readonly id: string; readonly at: number },
): SealableEntry {
  return {
    id: stamp.id,
    workspace: context.workspace,
    at: stamp.at,
    action: record.action,
    actor: { id: context.actor.id, kind: context.actor.kind },
    subject: { kind: record.subject.kind, id: record.subject.id },
    requestId: context.requestId,
    details: fitForSealing(record.details ?? null),
  };
}

/** The one text form of a row (RFC 8785): what is stored, hashed and exported. */
export function canonicalEntry(entry: SealableEntry): string {
  const text = canonicalize(entry);
  if (text === undefined) throw new Error('An audit entry has no canonical form.');
  return text;
}

export function parseEntry(text: string): SealableEntry {
  return JSON.parse(text) as SealableEntry;
}

export function entryLeafHash(text: string): Buffer {
  return leafHash(Buffer.from(text));
}

// What people typed may hold a pasted credential, which a log that is never erased must not keep; and a lone surrogate,
// which has no canonical form.
function fitForSealing(value: JsonValue): JsonValue {
  if (typeof value === 'string') return isCredential(value) ? '[credential removed]' : value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(fitForSealing);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), fitForSealing(inner)] as const),
  );
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
