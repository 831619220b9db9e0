import { z } from 'zod';
import type { ContractReader } from './contract-reader.ts';
import type { CheckGroup, LogicalType, Measure, RowRule } from './contract-rules.ts';
import type { Property } from './odcs-document.ts';

const limit = z.number();
const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'not an ISO 8601 date or time');
const clock = z.string().regex(/^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/, 'not an ISO 8601 time of day');
const count = z.number().int().min(0);

const stringFormats = [
  'email',
  'uuid',
  'uri',
  'hostname',
  'ipv4',
  'ipv6',
  'password',
  'byte',
  'binary',
] as const;
const integerFormats = ['i8', 'i16', 'i32', 'i64', 'i128', 'u8', 'u16', 'u32', 'u64', 'u128'] as const;

const numericOptions = {
  minimum: limit.optional(),
  maximum: limit.optional(),
  exclusiveMinimum: limit.optional(),
  exclusiveMaximum: limit.optional(),
  multipleOf: limit.positive().optional(),
};

function temporalOptions(bound: z.ZodType<string>) {
  return {
    minimum: bound.optional(),
    maximum: bound.optional(),
    exclusiveMinimum: bound.optional(),
    exclusiveMaximum: bound.optional(),
    format: z.string().optional(),
  };
}

const zone = { timezone: z.boolean().optional(), defaultTimezone: z.string().optional() };

// ODCS 3.1.0, logical type options by logical type.
const optionsByType: Readonly<Record<LogicalType, z.ZodObject>> = {
  string: z.strictObject({
    minLength: count.optional(),
    maxLength: count.optional(),
    pattern: z.string().optional(),
    format: z.enum(stringFormats).optional(),
  }),
  integer: z.strictObject({ ...numericOptions, format: z.enum(integerFormats).optional() }),
  number: z.strictObject({ ...numericOptions, format: z.enum(['f32', 'f64']).optional() }),
  date: z.strictObject(temporalOptions(time)),
  timestamp: z.strictObject({ ...temporalOptions(time), ...zone }),
  time: z.strictObject({ ...temporalOptions(clock), ...zone }),
  array: z.strictObject({
    minItems: count.optional(),
    maxItems: count.optional(),
    uniqueItems: z.boolean().optional(),
  }),
  object: z.strictObject({}),
  boolean: z.strictObject({}),
};

/** Turns what a property says about its column (type, presence, uniqueness, type options) into checks. */
export function propertyChecks(property: Property, path: string, reader: ContractReader): void {
  const column = property.physicalName ?? property.name;
  const add = (name: string, title: string, group: CheckGroup, measure: Measure) => {
    reader.checks.push({
      id: `${column}.${name}`,
      title: `${column}: ${title}`,
      path,
      column,
      group,
      severity: 'error',
      measure,
      unit: measure.kind === 'column-missing' ? 'value' : 'rows',
      threshold: { operator: 'mustBe', operand: 0 },
    });
  };
  const addRule = (name: string, title: string, group: CheckGroup, rule: RowRule) => {
    add(name, title, group, { kind: 'failing-rows', rule });
  };

  add('exists', 'the column exists', 'schema', { kind: 'column-missing', column });
  if (property.logicalType !== undefined) {
    const { logicalType } = property;
    addRule('type', `every value is of type ${logicalType}`, 'schema', { kind: 'type', column, logicalType });
  }
  if (property.required === true || property.primaryKey === true) {
    addRule('required', 'never null', 'missing', { kind: 'present', column });
  }
  if (property.unique === true) {
    add('unique', 'no value twice', 'uniqueness', { kind: 'duplicates', columns: [column] });
  }
  noteWhatIsNotChecked(property, path, reader);
  if (property.logicalTypeOptions === undefined) return;
  if (property.logicalType === undefined) {
    reader.error(`${path}.logicalTypeOptions`, 'options need a logicalType');
    return;
  }
  const options = optionsByType[property.logicalType].safeParse(property.logicalTypeOptions);
  if (!options.success) {
    for (const issue of options.error.issues) {
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.')];
      for (const key of keys) {
        const problem =
          issue.code === 'unrecognized_keys' ? `is not checked for ${property.logicalType}` : issue.message;
        reader.error(`${path}.logicalTypeOptions`, `${key}: ${problem}`);
      }
    }
    return;
  }
  for (const [name, value] of Object.entries(options.data)) {
    const place = `${path}.logicalTypeOptions.${name}`;
    optionCheck(name, value, { column, logicalType: property.logicalType, place }, addRule, reader);
  }
}

function noteWhatIsNotChecked(property: Property, path: string, reader: ContractReader): void {
  if (property.properties !== undefined)
    reader.error(`${path}.properties`, 'nested properties are not supported');
  if (property.items !== undefined)
    reader.error(`${path}.items`, 'rules for the items of an array are not supported');
  if (property.physicalType !== undefined)
    reader.note(`${path}.physicalType`, 'the physical type is not checked');
  if (property.relationships !== undefined)
    reader.note(`${path}.relationships`, 'relationships are not checked');
  for (const [index, custom] of (property.customProperties ?? []).entries()) {
    if (!custom.property.startsWith('esteira.')) continue;
    reader.error(`${path}.customProperties[${index}]`, `${custom.property} is not known for a property`);
  }
}

type AddRule = (name: string, title: string, group: CheckGroup, rule: RowRule) => void;

function optionCheck(
  name: string,
  value: unknown,
  place: { column: string; logicalType: LogicalType; place: string },
  add: AddRule,
  reader: ContractReader,
): void {
  const { column, logicalType } = place;
  switch (name) {
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      add(name, `${boundWords[name]} ${String(value)}`, 'distribution', {
        kind: 'bound',
        column,
        bound: name,
        limit: value as number | string,
      });
      return;
    case 'multipleOf':
      add(name, `a multiple of ${String(value)}`, 'validity', {
        kind: 'multiple-of',
        column,
        of: value as number,
      });
      return;
    case 'minLength':
    case 'minItems':
      add(name, `at least ${String(value)} long`, 'validity', lengthRule(column, 'min', value));
      return;
    case 'maxLength':
    case 'maxItems':
      add(name, `at most ${String(value)} long`, 'validity', lengthRule(column, 'max', value));
      return;
    case 'uniqueItems':
      if (value === true) add(name, 'no item twice', 'validity', { kind: 'unique-items', column });
      return;
    case 'pattern':
      add(name, `matches ${String(value)}`, 'validity', {
        kind: 'pattern',
        column,
        pattern: value as string,
      });
      return;
    case 'format':
      if (logicalType === 'integer' || isCheckedFormat(value)) {
        add(name, `has the format ${String(value)}`, 'validity', {
          kind: 'format',
          column,
          format: value as string,
        });
      } else {
        reader.note(place.place, `the format ${String(value)} is not checked`);
      }
      return;
    default:
      reader.note(place.place, `${name} is not checked`);
  }
}

const boundWords = {
  minimum: 'at least',
  maximum: 'at most',
  exclusiveMinimum: 'more than',
  exclusiveMaximum: 'less than',
} as const;

function lengthRule(column: string, bound: 'min' | 'max', value: unknown): RowRule {
  return { kind: 'length', column, bound, limit: value as number };
}

function isCheckedFormat(format: unknown): boolean {
  return ['email', 'uuid', 'uri', 'hostname', 'ipv4', 'ipv6'].includes(format as string);
}
