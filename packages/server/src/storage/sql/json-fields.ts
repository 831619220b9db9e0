import type { RawBuilder, SqlBool } from 'kysely';

/** A number as JSON can carry it: NaN and the infinities are the strings of proto3's JSON mapping. */
interface JsonNumber {
  readonly number: string;
  readonly isNan: RawBuilder<SqlBool>;
}

/** Names in the objects of a list, each with a column or with the number of two. */
export type JsonFields = Readonly<Record<string, string | JsonNumber>>;
