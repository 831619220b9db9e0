import fc from 'fast-check';
import { z } from 'zod';

/** Ids that lead somewhere, by the names of the fields that hold them. */
export type KnownIds = Readonly<Record<string, string>>;

/** A JSON schema, as far as values are made from it. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What JSON cannot say of itself: put into the text in place of the words. */
const rawNumbers = ['1e400', '-1e400', '123456789012345678901234567890', '0.1e-400'];

/** Values that no field is made for; each is a legal piece of JSON, but for what `toHostileText` puts in. */
const hostileValues: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), 1e308, 5e-324],
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\udc00x',
    '💥',
    'é'.normalize('NFD'),
    '\u202e',
    '%00',
    '%ff',
    "'",
    '"',
    '`',
  ],
  ...[
    'NaN',
    'Infinity',
    '-1',
    '1e999',
    '../../etc/passwd',
    '/',
    '__proto__',
    'constructor',
    'x = 1 OR',
    "' OR 1=1 --",
  ],
  ...['x'.repeat(100_000), '('.repeat(5_000), [], {}, [null], [[[]]], [{}], nested(500)],
  ...rawNumbers.map((number) => `raw:${number}`),
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {}}, "\\u0000": 1, "💥": 2}'),
];

/** Bodies that are no request at all. */
export const hostileBodies: readonly string[] = [
  ...[
    '',
    ' ',
    '{',
    '}',
    '[]',
    '0',
    'null',
    'NaN',
    '"{}"',
    '"\\"{}\\""',
    '{"a":NaN}',
    '{"a":1,"a":2}',
    '\u0000',
    '\ufeff{}',
  ],
  '[1,2,{"a":[]}]',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  JSON.stringify({ name: 'x'.repeat(1_000_000) }),
  JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index]))),
];

/** One segment of a path, escaped as it is. */
export const hostileSegments: readonly string[] = [
  ...[
    'x',
    '0',
    '-1',
    '%20',
    '%00',
    '%0a',
    '%2F',
    '%5C',
    '%2e%2e',
    '..%2f..',
    '%252e',
    '%ff',
    '%ED%A0%80',
    '%',
    '%zz',
  ],
  ...[
    '__proto__',
    'constructor',
    '💥',
    '%F0%9F%92%A5',
    '*',
    ':',
    '@',
    '1e400',
    '99999999999999999999',
    'x'.repeat(600),
  ],
];

/** Values of a schema, in most of which something was put that does not belong there. */
export function almostOf(schema: z.ZodType, known: KnownIds): fc.Arbitrary<unknown> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  return fc
    .tuple(schemaValue(json, known), fc.nat(), fc.constantFrom(...hostileValues), fc.nat(9))
    .map(([value, place, hostile, chance]) => (chance === 0 ? value : spoil(value, place, hostile)));
}

export function toHostileText(value: unknown): string {
  let text = JSON.stringify(value) ?? '';
  for (const number of rawNumbers) text = text.replaceAll(`"raw:${number}"`, number);
  return text;
}

function schemaValue(given: Schema | boolean, known: KnownIds, name = ''): fc.Arbitrary<unknown> {
  // Schemas that nothing fits, or everything.
  const schema = typeof given === 'boolean' ? {} : given;
  const choices = schema.anyOf ?? schema.oneOf;
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => schemaValue(choice, known, name)));
  if (schema.type === 'object') return objectOf(schema, known);
  if (schema.type === 'array')
    return fc.array(schemaValue(schema.items ?? {}, known, name.replace(/s$/, '')), { maxLength: 3 });
  if (schema.type === 'string') return textOf(schema, known[name]);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer' || schema.type === 'number') {
    const { minimum = 0, maximum = 1_000 } = schema;
    const max = Math.max(minimum, Math.min(maximum, minimum + 1_000));
    return fc.integer({ min: Math.ceil(minimum), max: Math.ceil(max) });
  }
  return fc.jsonValue({ maxDepth: 2 });
}

function objectOf(schema: Schema, known: KnownIds): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const more = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const fields = Object.entries(properties).map(
    ([name, field]) => [name, schemaValue(field, known, name)] as const,
  );
  const own = fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
  if (more === undefined) return own;
  const others = fc.dictionary(fc.string({ maxLength: 5 }), schemaValue(more, known), { maxKeys: 2 });
  return fc.tuple(others, own).map(([theirs, mine]) => ({ ...theirs, ...mine }));
}

function textOf({ pattern }: Schema, known: string | undefined): fc.Arbitrary<string> {
  const plain = fc.constantFrom('x', '0', '1', 'a = 1', "name LIKE '%'");
  const fitting = pattern === undefined ? plain : fc.oneof(plain, matching(pattern));
  return known === undefined ? fitting : fc.oneof({ weight: 3, arbitrary: fc.constant(known) }, fitting);
}

/** Not every pattern can be turned round. */
function matching(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern), { size: 'small' });
  } catch {
    return fc.constant('x');
  }
}

/** Puts something in place of one of the values within a value, or of all of it, or takes it out. */
function spoil(value: unknown, place: number, hostile: unknown): unknown {
  const spoilt: Record<string, unknown> = structuredClone({ value });
  const places = placesIn(spoilt, 'value');
  const { holder, name } = places[place % places.length] ?? { holder: spoilt, name: 'value' };
  if (place % 7 === 0) delete holder[name];
  else holder[name] = hostile;
  return spoilt.value;
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

function placesIn(holder: Record<string, unknown>, name: string): readonly Place[] {
  const value = holder[name];
  if (typeof value !== 'object' || value === null) return [{ holder, name }];
  const within = value as Record<string, unknown>;
  return [{ holder, name }, ...Object.keys(within).flatMap((key) => placesIn(within, key))];
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
