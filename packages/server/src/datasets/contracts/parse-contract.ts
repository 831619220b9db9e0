import type * as Yaml from 'yaml';
import type { z } from 'zod';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import { isNestedTooDeep } from '../../kernel/nesting.ts';
import type { ContractReader } from './contract-reader.ts';
import type { Check, ContractFinding, ContractRules } from './contract-rules.ts';
import { OdcsDocument, type SchemaObject } from './odcs-document.ts';
import { propertyChecks } from './property-checks.ts';
import { qualityCheck } from './quality-checks.ts';

const yaml = loadWhenUsed<typeof Yaml>('yaml');

export interface ParsedContract {
  /** The document as plain JSON; undefined when the text is not YAML. */
  readonly document: unknown;
  /** Undefined when there is an error among the findings. */
  readonly rules: ContractRules | undefined;
  readonly findings: readonly ContractFinding[];
}

/**
 * Reads an ODCS 3.1.0 contract, as YAML or JSON text or as an object, into plain rules for one table: the schema object
 * named like the dataset, or the only one. Whatever is not understood becomes an error among the findings, so that no
 * rule is silently left unchecked; parts that only inform people become notes.
 */
export function parseContract(source: unknown, dataset?: string): ParsedContract {
  const findings: ContractFinding[] = [];
  const reader: ContractReader = {
    checks: [],
    documented: [],
    error: (path, message) => findings.push({ level: 'error', path, message }),
    note: (path, message) => findings.push({ level: 'note', path, message }),
  };
  const document = typeof source === 'string' ? readYaml(source, reader) : source;
  if (isNestedTooDeep(document)) {
    reader.error('', 'the contract is nested too deep');
    return { document: undefined, rules: undefined, findings };
  }
  const parsed = OdcsDocument.safeParse(document);
  if (!parsed.success) {
    if (findings.length === 0) reportIssues(parsed.error.issues, reader);
    return { document, rules: undefined, findings };
  }
  const index = chooseObject(parsed.data.schema, dataset, reader);
  const object = parsed.data.schema[index];
  if (object === undefined) return { document, rules: undefined, findings };
  const columns = readObject(object, `schema[${index}]`, reader);
  const broken = findings.some((finding) => finding.level === 'error');
  const rules: ContractRules = {
    object: object.name,
    columns,
    checks: withUniqueIds(reader.checks),
    documented: reader.documented,
  };
  return { document, rules: broken ? undefined : rules, findings };
}

function readYaml(text: string, reader: ContractReader): unknown {
  const document = yaml().parseDocument(text, { version: '1.2', uniqueKeys: true });
  for (const error of document.errors) {
    const line = error.linePos?.[0].line;
    const [message] = error.message.split(' at line');
    reader.error(line === undefined ? '' : `line ${line}`, message ?? 'not YAML');
  }
  if (document.errors.length > 0) return undefined;
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    reader.error('', error instanceof Error ? error.message : 'not YAML');
    return undefined;
  }
}

function reportIssues(issues: readonly z.core.$ZodIssue[], reader: ContractReader): void {
  for (const issue of issues) {
    const path = pathOf(issue.path);
    if (issue.code !== 'unrecognized_keys') {
      reader.error(path, issue.message);
      continue;
    }
    for (const key of issue.keys) reader.error(path, `"${key}" is not a key of ODCS 3.1.0 here`);
  }
}

function pathOf(parts: readonly PropertyKey[]): string {
  let path = '';
  for (const part of parts) {
    if (typeof part === 'number') path += `[${part}]`;
    else path += path === '' ? String(part) : `.${String(part)}`;
  }
  return path;
}

function chooseObject(
  objects: readonly SchemaObject[],
  dataset: string | undefined,
  reader: ContractReader,
): number {
  const named = objects.findIndex((object) => object.name === dataset || object.physicalName === dataset);
  if (named >= 0) return named;
  if (objects.length === 1) return 0;
  reader.error(
    'schema',
    `a dataset is one table: name one of the ${objects.length} objects like the dataset`,
  );
  return -1;
}

function readObject(object: SchemaObject, path: string, reader: ContractReader): readonly string[] {
  const properties = object.properties ?? [];
  const names = new Map<string, string>();
  for (const [index, property] of properties.entries()) {
    if (names.has(property.name)) {
      reader.error(`${path}.properties[${index}]`, `the property ${property.name} is defined twice`);
    }
    names.set(property.name, property.physicalName ?? property.name);
  }
  if (object.relationships !== undefined)
    reader.note(`${path}.relationships`, 'relationships are not checked');
  for (const [index, property] of properties.entries()) {
    propertyChecks(property, `${path}.properties[${index}]`, reader);
  }
  readPrimaryKey(object, path, reader);
  for (const [index, quality] of (object.quality ?? []).entries()) {
    qualityCheck(quality, { path: `${path}.quality[${index}]`, column: undefined, names }, reader);
  }
  for (const [index, property] of properties.entries()) {
    const column = property.physicalName ?? property.name;
    for (const [position, quality] of (property.quality ?? []).entries()) {
      const place = `${path}.properties[${index}].quality[${position}]`;
      qualityCheck(quality, { path: place, column, names }, reader);
    }
  }
  const columns = [...names.values()];
  readCustomProperties(object, columns, path, reader);
  return columns;
}

function readPrimaryKey(object: SchemaObject, path: string, reader: ContractReader): void {
  const keys = (object.properties ?? []).filter((property) => property.primaryKey === true);
  if (keys.length === 0) return;
  keys.sort((a, b) => (a.primaryKeyPosition ?? 0) - (b.primaryKeyPosition ?? 0));
  const columns = keys.map((property) => property.physicalName ?? property.name);
  reader.checks.push({
    id: 'primary-key',
    title: `${columns.join(', ')}: unique together`,
    path: `${path}.properties`,
    column: columns.length === 1 ? columns[0] : undefined,
    group: 'uniqueness',
    severity: 'error',
    measure: { kind: 'duplicates', columns },
    unit: 'rows',
    threshold: { operator: 'mustBe', operand: 0 },
  });
}

function readCustomProperties(
  object: SchemaObject,
  columns: readonly string[],
  path: string,
  reader: ContractReader,
): void {
  for (const [index, { property, value }] of (object.customProperties ?? []).entries()) {
    const place = `${path}.customProperties[${index}]`;
    if (!property.startsWith('esteira.')) continue;
    if (property !== 'esteira.closedSchema' || typeof value !== 'boolean') {
      reader.error(place, 'the only custom property of Esteira is esteira.closedSchema, true or false');
      continue;
    }
    if (!value) continue;
    reader.checks.push({
      id: 'closed-schema',
      title: 'no column beyond those of the contract',
      path: place,
      column: undefined,
      group: 'schema',
      severity: 'error',
      measure: { kind: 'unexpected-columns', columns },
      unit: 'value',
      threshold: { operator: 'mustBe', operand: 0 },
    });
  }
}

function withUniqueIds(checks: readonly Check[]): readonly Check[] {
  const seen = new Map<string, number>();
  return checks.map((check) => {
    const count = (seen.get(check.id) ?? 0) + 1;
    seen.set(check.id, count);
    return count === 1 ? check : { ...check, id: `${check.id}#${count}` };
  });
}
