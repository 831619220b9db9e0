import { canonicalDigest } from '../../governance/index.ts';
import { quoteIdentifier } from '../../storage/tables/table-engine.ts';
import type { Column } from '../column.ts';

/**
 * SQL of a row's digest: MD5, as a 128-bit number, of its values written so that no two rows read alike. The engine's own
 * hash is forty times faster, but it may change from release to release, and recorded digests may not.
 */
export function rowDigestSql(columns: readonly Column[]): string {
  return `md5_number(concat_ws(chr(31), ${columns.map(encodedSql).join(', ')}))`;
}

/**
 * SQL of three values (`rows`, `low`, `high`) over row digests: their count and the sums of their halves. A sum does not
 * depend on the order of rows and, unlike XOR, sees how often each occurs.
 */
export function rowsDigestSql(digest: string): string {
  return `count(*) AS rows,
    CAST(sum(CAST(${digest} & 18446744073709551615::UHUGEINT AS HUGEINT)) AS VARCHAR) AS low,
    CAST(sum(CAST(${digest} >> 64 AS HUGEINT)) AS VARCHAR) AS high`;
}

/** The digest of rows as a multiset, from the answer to `rowsDigestSql`; columns and their types are part of it. */
export function rowsDigestOf(columns: readonly Column[], answer: Readonly<Record<string, unknown>>): string {
  return canonicalDigest({
    columns: columns.map(({ name, type }) => ({ name, type })),
    rows: Number(answer.rows),
    low: String(answer.low),
    high: String(answer.high),
  });
}

function encodedSql(column: Column): string {
  const name = quoteIdentifier(column.name);
  switch (column.kind) {
    case 'timestamp':
      return `coalesce(CAST(${column.type === 'TIMESTAMP_NS' ? 'epoch_ns' : 'epoch_us'}(${name}) AS VARCHAR), '~')`;
    case 'integer':
    case 'number':
    case 'boolean':
    case 'date':
    case 'time':
      return `coalesce(CAST(${name} AS VARCHAR), '~')`;
    default:
      // With its length before it, so that no text can pass for several values.
      return `coalesce(strlen(CAST(${name} AS VARCHAR)) || ':' || CAST(${name} AS VARCHAR), '~')`;
  }
}
