import { type RawBuilder, sql } from 'kysely';
import type { JsonFields } from '../json-fields.ts';

/** See `SqlReader.jsonList`. The lists that the engine makes itself are padded with blanks. */
export function postgresJsonList(fields: JsonFields): RawBuilder<string> {
  const parts = Object.entries(fields).flatMap(([name, field], index) => [
    sql.lit(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    jsonValue(field),
  ]);
  const item = sql.join([...parts, sql.lit('}')], sql` || `);
  return sql`('[' || string_agg(${item}, ',') || ']')`;
}

function jsonValue(field: JsonFields[string]): RawBuilder<unknown> {
  if (typeof field === 'string') return sql`to_json(${sql.ref(field)})::text`;
  if ('whole' in field) return sql`${sql.ref(field.whole)}::text`;
  return sql`case when ${field.isNan} then '"NaN"' else to_json(${sql.ref(field.number)})::text end`;
}
