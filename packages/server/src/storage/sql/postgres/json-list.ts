import { type RawBuilder, sql } from 'kysely';
import type { JsonFields } from '../json-fields.ts';

/**
 * See `SqlReader.jsonList`. The lists that the engine makes itself are padded with blanks, and `concat` makes one text of many
 * where `||` makes one after the other.
 */
export function postgresJsonList(fields: JsonFields): RawBuilder<string> {
  const parts = Object.entries(fields).flatMap(([name, field], index) => [
    sql.lit(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    jsonValue(field),
  ]);
  const item = sql.join([...parts, sql.lit('}')]);
  return sql`('[' || string_agg(concat(${item}), ',') || ']')`;
}

function jsonValue(field: JsonFields[string]): RawBuilder<unknown> {
  if (typeof field === 'string') return sql`to_json(${sql.ref(field)})`;
  if ('whole' in field) return sql.ref(field.whole);
  if ('constant' in field) return sql`cast(${JSON.stringify(field.constant)} as text)`;
  const number = sql.ref(field.number);
  // An infinity is quoted, whichever it is.
  return sql`case when ${field.isNan} then '"NaN"' when abs(${number}) = 'Infinity' then concat('"', ${number}, '"') else ${number}::text end`;
}
