import { type RawBuilder, sql } from 'kysely';
import type { JsonFields } from '../json-fields.ts';

/** See `SqlReader.jsonList`: https://sqlite.org/json1.html#jgrouparray. */
export function sqliteJsonList(fields: JsonFields): RawBuilder<string> {
  const members = Object.entries(fields).flatMap(([name, field]) => [sql.lit(name), jsonValue(field)]);
  return sql`json_group_array(json_object(${sql.join(members)}))`;
}

function jsonValue(field: JsonFields[string]): RawBuilder<unknown> {
  if (typeof field === 'string') return sql.ref(field);
  if ('whole' in field) return sql.ref(field.whole);
  if ('constant' in field) return sql`${field.constant}`;
  const number = sql.ref(field.number);
  // What is beyond every number stands for an infinity there.
  return sql`case when ${field.isNan} then 'NaN' when ${number} = 9e999 then 'Infinity' when ${number} = -9e999 then '-Infinity' else ${number} end`;
}
