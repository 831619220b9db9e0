import type { RawBuilder, SqlBool } from 'kysely';

/** A number as JSON can carry it: NaN and the infinities are the strings of proto3's JSON mapping. */
interface JsonNumber {
  readonly number: string;
  readonly isNan: RawBuilder<SqlBool>;
}

/** A column of whole numbers, which an engine prints without looking at what they are. */
interface JsonWholeNumber {
  readonly whole: string;
}

/** A text that every object of the list has, printed once. */
interface JsonConstant {
  readonly constant: string;
}

/** Names in the objects of a list, each with a column, with the number of one or with a text. */
export type JsonFields = Readonly<Record<string, string | JsonNumber | JsonWholeNumber | JsonConstant>>;
