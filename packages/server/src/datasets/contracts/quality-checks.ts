import type * as Yaml from 'yaml';
import { z } from 'zod';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import type { ContractReader } from './contract-reader.ts';
import { type Check, type CheckGroup, type Measure, statistics } from './contract-rules.ts';
import { Operators, type Quality } from './odcs-document.ts';
import { type Operator, operators, type Threshold } from './threshold.ts';

const yaml = loadWhenUsed<typeof Yaml>('yaml');

/** Where a quality rule stands: its path, its column (none for a rule of the table), the columns by property name. */
interface Place {
  readonly path: string;
  readonly column: string | undefined;
  readonly names: ReadonlyMap<string, string>;
}

interface Reading {
  readonly name: string;
  readonly title: string;
  readonly group: CheckGroup;
  readonly measure: Measure;
  readonly operands: z.infer<typeof Operators>;
}

const scalars = z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1);
const MissingArguments = z.strictObject({ missingValues: scalars });
const InvalidArguments = z
  .strictObject({ validValues: scalars.optional(), pattern: z.string().optional() })
  .refine((given) => (given.validValues === undefined) !== (given.pattern === undefined), {
    message: 'give validValues or pattern',
  });
const DuplicateArguments = z.strictObject({ properties: z.array(z.string()).min(1) });
const NoArguments = z.strictObject({});

/** What a rule of type `custom` with the engine `esteira` may say; the operator stands in it too. */
const EsteiraRule = z.discriminatedUnion('check', [
  z.strictObject({ ...Operators.shape, check: z.literal('condition'), expression: z.string().min(1) }),
  z.strictObject({
    ...Operators.shape,
    check: z.enum(statistics),
    probability: z.number().min(0).max(1).optional(),
  }),
  z.strictObject({
    ...Operators.shape,
    check: z.literal('psi'),
    reference: z.union([z.number().int().min(1), z.literal('previous')]).default('previous'),
    bins: z.number().int().min(2).max(100).default(10),
  }),
]);

/** Turns one quality rule into a check, or into findings. */
export function qualityCheck(quality: Quality, place: Place, reader: ContractReader): void {
  if (quality.schedule !== undefined || quality.scheduler !== undefined) {
    reader.note(place.path, 'the schedule is not used: every ingestion runs every check');
  }
  if (quality.type === 'text') {
    reader.documented.push(quality.description ?? quality.name ?? place.path);
    return;
  }
  const reading = read(quality, place, reader);
  if (reading === undefined) return;
  const severity = severityOf(quality.severity);
  if (severity === undefined) {
    reader.error(place.path, `the severity ${quality.severity} is not one of error, warning, info`);
    return;
  }
  const threshold = thresholdOf(reading.operands, place.path, reader);
  const unit = unitOf(quality.unit, reading.measure, place.path, reader);
  if (threshold === undefined || unit === undefined) return;
  const prefix = place.column === undefined ? '' : `${place.column}.`;
  reader.checks.push({
    id: quality.id ?? `${prefix}${reading.name}`,
    title: quality.name ?? quality.description ?? reading.title,
    path: place.path,
    column: place.column,
    group: reading.group,
    severity,
    measure: reading.measure,
    unit,
    threshold,
  });
}

function read(quality: Quality, place: Place, reader: ContractReader): Reading | undefined {
  const type = quality.type ?? 'library';
  const allowed: Readonly<Record<typeof type, readonly string[]>> = {
    library: ['metric', 'arguments'],
    sql: ['query'],
    custom: ['engine', 'implementation'],
    text: [],
  };
  for (const key of ['metric', 'arguments', 'query', 'engine', 'implementation'] as const) {
    if (quality[key] !== undefined && !allowed[type].includes(key)) {
      reader.error(`${place.path}.${key}`, `${key} does not belong to a rule of type ${type}`);
      return undefined;
    }
  }
  if (quality.rule !== undefined) {
    reader.error(`${place.path}.rule`, 'rule is the word of older releases: write metric');
    return undefined;
  }
  if (type === 'sql') return readQuery(quality, place, reader);
  return type === 'custom' ? readCustom(quality, place, reader) : readMetric(quality, place, reader);
}

function readQuery(quality: Quality, place: Place, reader: ContractReader): Reading | undefined {
  if (quality.query === undefined) {
    reader.error(place.path, 'a rule of type sql needs a query');
    return undefined;
  }
  const usesProperty = /\$?\{(property|column)\}/.test(quality.query);
  if (usesProperty && place.column === undefined) {
    reader.error(`${place.path}.query`, '{property} has no meaning in a rule of the whole table');
    return undefined;
  }
  const query = withColumn(quality.query, place.column);
  const measure: Measure = { kind: 'query', query };
  return { name: 'sql', title: 'result of a query', group: 'query', measure, operands: quality };
}

function withColumn(query: string, column: string | undefined): string {
  if (column === undefined) return query;
  const quoted = `"${column.replaceAll('"', '""')}"`;
  return query.replace(/\$?\{(property|column)\}/g, () => quoted);
}

function readMetric(quality: Quality, place: Place, reader: ContractReader): Reading | undefined {
  const { metric } = quality;
  const given = quality.arguments ?? {};
  const { column } = place;
  const label = column ?? 'the table';
  const rows = (name: string, title: string, group: CheckGroup, measure: Measure): Reading => {
    return { name, title: `${label}: ${title}`, group, measure, operands: quality };
  };
  if (metric === 'rowCount' && column === undefined) {
    if (parseArguments(NoArguments, given, place, reader) === undefined) return undefined;
    return rows('rowCount', 'number of rows', 'volume', { kind: 'row-count' });
  }
  if (metric === 'duplicateValues') {
    const columns = duplicateColumns(given, place, reader);
    if (columns === undefined) return undefined;
    return rows(metric, `duplicates of ${columns.join(', ')}`, 'uniqueness', { kind: 'duplicates', columns });
  }
  if (column !== undefined && metric === 'nullValues') {
    if (parseArguments(NoArguments, given, place, reader) === undefined) return undefined;
    return rows(metric, 'null values', 'missing', {
      kind: 'failing-rows',
      rule: { kind: 'present', column },
    });
  }
  if (column !== undefined && metric === 'missingValues') {
    const parsed = parseArguments(MissingArguments, given, place, reader);
    if (parsed === undefined) return undefined;
    const rule = { kind: 'not-missing', column, values: parsed.missingValues } as const;
    return rows(metric, 'missing values', 'missing', { kind: 'failing-rows', rule });
  }
  if (column !== undefined && metric === 'invalidValues') {
    const parsed = parseArguments(InvalidArguments, given, place, reader);
    if (parsed === undefined) return undefined;
    const rule =
      parsed.pattern === undefined
        ? ({ kind: 'one-of', column, values: parsed.validValues ?? [] } as const)
        : ({ kind: 'pattern', column, pattern: parsed.pattern } as const);
    return rows(metric, 'invalid values', 'validity', { kind: 'failing-rows', rule });
  }
  const level = column === undefined ? 'a whole table' : 'a property';
  reader.error(
    place.path,
    metric === undefined ? 'a library rule needs a metric' : `no metric ${metric} for ${level}`,
  );
  return undefined;
}

function duplicateColumns(
  given: unknown,
  place: Place,
  reader: ContractReader,
): readonly string[] | undefined {
  if (place.column !== undefined) {
    return parseArguments(NoArguments, given, place, reader) === undefined ? undefined : [place.column];
  }
  const parsed = parseArguments(DuplicateArguments, given, place, reader);
  if (parsed === undefined) return undefined;
  const columns: string[] = [];
  for (const property of parsed.properties) {
    const column = place.names.get(property);
    if (column === undefined) reader.error(`${place.path}.arguments`, `there is no property ${property}`);
    else columns.push(column);
  }
  return columns.length === parsed.properties.length ? columns : undefined;
}

function readCustom(quality: Quality, place: Place, reader: ContractReader): Reading | undefined {
  if (quality.engine !== 'esteira') {
    reader.error(
      `${place.path}.engine`,
      `the engine ${quality.engine ?? ''} cannot be run here; use esteira or sql`,
    );
    return undefined;
  }
  if (operators.some((operator) => quality[operator] !== undefined)) {
    reader.error(place.path, 'the operator of a custom rule stands inside its implementation');
    return undefined;
  }
  const parsed = EsteiraRule.safeParse(implementationOf(quality, place, reader));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const key = issue.path.join('.');
      reader.error(`${place.path}.implementation${key === '' ? '' : `.${key}`}`, issue.message);
    }
    return undefined;
  }
  const rule = parsed.data;
  if (rule.check === 'condition') {
    const { expression } = rule;
    const measure: Measure = { kind: 'failing-rows', rule: { kind: 'expression', expression } };
    return {
      name: 'condition',
      title: `rows that break ${expression}`,
      group: 'distribution',
      measure,
      operands: rule,
    };
  }
  const { column } = place;
  if (column === undefined) {
    reader.error(place.path, `${rule.check} belongs to a property`);
    return undefined;
  }
  if (rule.check === 'psi') {
    const measure: Measure = { kind: 'psi', column, reference: rule.reference, bins: rule.bins };
    const title = `${column}: population stability index against version ${rule.reference}`;
    return { name: 'psi', title, group: 'distribution', measure, operands: rule };
  }
  if ((rule.check === 'quantile') !== (rule.probability !== undefined)) {
    reader.error(`${place.path}.implementation`, 'probability belongs to quantile, and quantile needs it');
    return undefined;
  }
  const measure: Measure = {
    kind: 'statistic',
    statistic: rule.check,
    column,
    ...(rule.probability === undefined ? {} : { probability: rule.probability }),
  };
  const name = rule.probability === undefined ? rule.check : `quantile-${rule.probability}`;
  return { name, title: `${column}: ${name}`, group: 'distribution', measure, operands: rule };
}

function implementationOf(quality: Quality, place: Place, reader: ContractReader): unknown {
  if (typeof quality.implementation !== 'string') return quality.implementation;
  try {
    return yaml().parse(quality.implementation);
  } catch {
    reader.error(`${place.path}.implementation`, 'not YAML');
    return undefined;
  }
}

function parseArguments<T extends z.ZodType>(
  schema: T,
  given: unknown,
  place: Place,
  reader: ContractReader,
): z.output<T> | undefined {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) reader.error(`${place.path}.arguments`, issue.message);
  return undefined;
}

function severityOf(severity: string | undefined): Check['severity'] | undefined {
  if (severity === undefined) return 'error';
  return severity === 'error' || severity === 'warning' || severity === 'info' ? severity : undefined;
}

function thresholdOf(
  given: z.infer<typeof Operators>,
  path: string,
  reader: ContractReader,
): Threshold | undefined {
  const present: Operator[] = operators.filter((operator) => given[operator] !== undefined);
  const [operator] = present;
  if (operator === undefined || present.length > 1) {
    reader.error(path, present.length > 1 ? 'more than one operator' : 'no operator says what is accepted');
    return undefined;
  }
  const operand = given[operator];
  if (Array.isArray(operand)) {
    const [low, high] = operand;
    if (low === undefined || high === undefined || low >= high) {
      reader.error(path, `${operator} needs a smaller and a larger number`);
      return undefined;
    }
    return { operator, operand: [low, high] };
  }
  return { operator, operand: typeof operand === 'number' ? operand : Number(operand) };
}

function unitOf(
  unit: string | undefined,
  measure: Measure,
  path: string,
  reader: ContractReader,
): Check['unit'] | undefined {
  const counted = measure.kind === 'failing-rows' || measure.kind === 'duplicates';
  if (counted && (unit === undefined || unit === 'rows' || unit === 'percent')) return unit ?? 'rows';
  if (unit === undefined || (unit === 'rows' && measure.kind === 'row-count')) {
    return measure.kind === 'row-count' ? 'rows' : 'value';
  }
  reader.error(
    `${path}.unit`,
    counted ? `the unit ${unit} is not rows or percent` : `the unit ${unit} has no meaning here`,
  );
  return undefined;
}
