import { Digest, type JsonValue, Timestamp } from '@esteira/contracts';
import { z } from 'zod';
import { canonicalDigest } from '../governance/index.ts';
import { esteiraError } from '../kernel/errors.ts';

/** The form of archives that this release writes. A release reads all forms up to its own. */
export const archiveFormat = 1;

const Count = z.number().int().min(0);
const FilePath = z.string().regex(/^[a-z0-9_-]+(\/[a-z0-9_-]+)?(\.[a-z0-9]+)+$/);

const LineFile = z.object({
  rows: Count,
  bytes: Count,
  digest: Digest,
  file: z.object({ path: FilePath, size: Count, digest: Digest }),
});

const ArchivedTable = LineFile.extend({ name: z.string().regex(/^[a-z][a-z0-9_]*$/) });

/** A file of the data directory beside database and blobs; its bytes are among the blobs. */
const ArchivedFile = z.object({
  path: z.string().regex(/^data-plane(\/[A-Za-z0-9_-]+)+(\.ndjson)?$/),
  digest: Digest,
  size: Count,
});

const Manifest = z.object({
  format: z.literal(archiveFormat),
  /** `2026-11-21T10-33-24-512Z`: when it was begun. */
  name: z.string(),
  kind: z.enum(['backup', 'house']),
  /** Release of the product that wrote it. */
  release: z.string(),
  engine: z.string(),
  installation: z.string(),
  startedAt: Timestamp,
  /** What was committed before is in it, and no part of what came after. */
  snapshotAt: Timestamp,
  finishedAt: Timestamp,
  migrations: z.array(z.string()),
  /** Of tables, columns and keys: two schemas of one name are told apart. */
  schemaDigest: Digest,
  tables: z.array(ArchivedTable),
  /** Tables that describe running processes, and are not carried. */
  omitted: z.array(z.string()),
  blobs: LineFile.extend({ contentBytes: Count }),
  /** Digests of stored content that was found damaged when it was copied, and is not in the archive. */
  damaged: z.array(Digest),
  files: z.array(ArchivedFile),
  /** The newest signed head of the audit log. */
  audit: z.object({ size: Count, rootHash: z.string(), checkpoint: z.string() }).nullable(),
  /** Seed of the key that signs the log, wrapped with a key of the installation's key file where there is one. */
  signingKey: z.object({ keyId: z.string(), wrapped: z.base64() }).nullable(),
  complete: z.literal(true),
  /** SHA-256 over the canonical JSON (RFC 8785) of all the rest. */
  digest: Digest,
});
export type ArchiveManifest = z.infer<typeof Manifest>;
export type ArchivedTable = z.infer<typeof ArchivedTable>;
export type ArchivedFile = z.infer<typeof ArchivedFile>;

/** The text of a manifest, whose digest is added. */
export function manifestText(manifest: Omit<ArchiveManifest, 'digest'>): string {
  return `${JSON.stringify({ ...manifest, digest: canonicalDigest(manifest) }, undefined, 2)}\n`;
}

/** Throws ARCHIVE_DAMAGED, ARCHIVE_TOO_NEW when a newer release wrote it. */
export function parseManifest(text: string): ArchiveManifest {
  const value = parseObject(text);
  const format = value.format;
  if (typeof format === 'number' && format > archiveFormat) {
    throw esteiraError('ARCHIVE_TOO_NEW', {
      problem: `it has the form ${format}, this release knows forms up to ${archiveFormat}`,
    });
  }
  const { digest, ...rest } = value;
  if (digest !== canonicalDigest(rest)) throw damaged('its own SHA-256 does not hold');
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) throw damaged(`${parsed.error.issues[0]?.path.join('.')} is not what it should be`);
  return parsed.data;
}

function parseObject(text: string): Record<string, JsonValue> {
  try {
    const value = JSON.parse(text) as JsonValue;
    if (isObject(value)) return { ...value };
  } catch (error) {
    throw esteiraError('ARCHIVE_DAMAGED', { file: 'manifest.json', problem: 'it is not JSON' }, error);
  }
  throw damaged('it is not a JSON object');
}

function isObject(value: JsonValue): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(problem: string): Error {
  return esteiraError('ARCHIVE_DAMAGED', { file: 'manifest.json', problem });
}
