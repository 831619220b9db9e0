import { keyColumns, keyNames, type NamedView } from './trailing-features-sql.ts';

/*
 * Keys are texts; sorting and joining by them is most of the work of a training set. Those that the rows of the spine ask
 * about get a number each, and facts of other keys are not even kept.
 */

/** A view whose facts have one key, a number, instead of its texts; one without keys stays as it is. */
export function codedView(view: NamedView): NamedView {
  const keys = keyNames(view.body).length === 0 ? {} : { code: 'k0' };
  return { name: view.name, body: { ...view.body, keys } };
}

/** SQL that makes the table of the keys asked about, with a `code` each; a key that is null has none. */
export function keyCodesSql(spine: string, uses: readonly (readonly string[])[], table: string): string {
  const asked = uses.map((columns) => {
    const keys = columns.map((column, index) => `${column} AS k${index}`);
    const known = columns.map((column) => `${column} IS NOT NULL`);
    return `SELECT ${keys.join(', ')} FROM ${spine} WHERE ${known.join(' AND ')}`;
  });
  const names = (uses[0] ?? []).map((_column, index) => `k${index}`);
  return `CREATE OR REPLACE TEMP TABLE ${table} AS
    SELECT *, CAST(row_number() OVER (ORDER BY ${names.join(', ')}) AS INTEGER) AS code
    FROM (SELECT DISTINCT * FROM (${asked.join(' UNION ALL ')}))`;
}

/** SQL that makes the table of a view's facts under their codes, read once from where they lie. */
export function codedFactsSql(view: NamedView, facts: string, codes: string, table: string): string {
  if (keyNames(view.body).length === 0) return `CREATE OR REPLACE TEMP TABLE ${table} AS ${facts}`;
  const keys = keyColumns(view.body).join(', ');
  return `CREATE OR REPLACE TEMP TABLE ${table} AS
    SELECT code AS k0, facts.* EXCLUDE (${keys}) FROM (${facts}) AS facts JOIN ${codes} USING (${keys})`;
}

/** SQL that makes the table of what one use asks: `row_id`, `event_time` and the `code`, null where no key has it. */
export function codedSpineSql(
  spine: string,
  columns: readonly string[],
  codes: string,
  table: string,
): string {
  const on = columns.map((column, index) => `spine.${column} = codes.k${index}`);
  const join = columns.length === 0 ? '' : ` LEFT JOIN ${codes} AS codes ON ${on.join(' AND ')}`;
  const code = columns.length === 0 ? '' : ', code';
  return `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT row_id, event_time${code} FROM ${spine} AS spine${join}`;
}
