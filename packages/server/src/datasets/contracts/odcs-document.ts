import { z } from 'zod';

/**
 * The Open Data Contract Standard 3.1.0 (bitol.io), as far as data can be checked against it. The objects are strict: a
 * key the standard does not know is an error. Sections that only inform people (team, price, servers, …) are taken as
 * they are.
 */
const information = z.unknown().optional();

const element = {
  id: z.string().optional(),
  name: z.string().min(1),
  physicalName: z.string().min(1).optional(),
  physicalType: z.string().optional(),
  description: information,
  businessName: information,
  authoritativeDefinitions: information,
  tags: information,
  relationships: z.array(z.unknown()).optional(),
};

const CustomProperty = z.strictObject({
  id: z.string().optional(),
  property: z.string(),
  value: z.unknown(),
  description: information,
});

const operand = z.union([z.number(), z.boolean()]);
const pair = z.tuple([z.number(), z.number()]);

/** The operators, each optional here: that a rule has exactly one is judged with a message of its own. */
export const Operators = z.object({
  mustBe: operand.optional(),
  mustNotBe: operand.optional(),
  mustBeGreaterThan: z.number().optional(),
  mustBeGreaterOrEqualTo: z.number().optional(),
  mustBeLessThan: z.number().optional(),
  mustBeLessOrEqualTo: z.number().optional(),
  mustBeBetween: pair.optional(),
  mustNotBeBetween: pair.optional(),
});

const Quality = z.strictObject({
  ...Operators.shape,
  id: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  type: z.enum(['library', 'text', 'sql', 'custom']).optional(),
  metric: z.string().optional(),
  rule: z.unknown().optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
  query: z.string().optional(),
  engine: z.string().optional(),
  implementation: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  unit: z.string().optional(),
  dimension: z
    .enum(['accuracy', 'completeness', 'conformity', 'consistency', 'coverage', 'timeliness', 'uniqueness'])
    .optional(),
  severity: z.string().optional(),
  schedule: z.string().optional(),
  scheduler: z.string().optional(),
  businessImpact: information,
  method: information,
  tags: information,
  authoritativeDefinitions: information,
  customProperties: information,
});
export type Quality = z.infer<typeof Quality>;

const Property = z.strictObject({
  ...element,
  logicalType: z
    .enum(['string', 'date', 'timestamp', 'time', 'number', 'integer', 'object', 'array', 'boolean'])
    .optional(),
  logicalTypeOptions: z.record(z.string(), z.unknown()).optional(),
  required: z.boolean().optional(),
  unique: z.boolean().optional(),
  primaryKey: z.boolean().optional(),
  primaryKeyPosition: z.number().int().optional(),
  quality: z.array(Quality).optional(),
  properties: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  customProperties: z.array(CustomProperty).optional(),
  partitioned: information,
  partitionKeyPosition: information,
  classification: information,
  encryptedName: information,
  transformSourceObjects: information,
  transformLogic: information,
  transformDescription: information,
  examples: information,
  criticalDataElement: information,
});
export type Property = z.infer<typeof Property>;

const SchemaObject = z.strictObject({
  ...element,
  logicalType: z.literal('object').optional(),
  dataGranularityDescription: information,
  properties: z.array(Property).optional(),
  quality: z.array(Quality).optional(),
  customProperties: z.array(CustomProperty).optional(),
});
export type SchemaObject = z.infer<typeof SchemaObject>;

export const OdcsDocument = z.strictObject({
  apiVersion: z.literal('v3.1.0', 'only ODCS v3.1.0 is read'),
  kind: z.literal('DataContract'),
  id: z.string().min(1),
  version: z.string().min(1),
  status: z.string().min(1),
  schema: z.array(SchemaObject).min(1, 'a contract without a schema checks nothing'),
  name: information,
  tenant: information,
  tags: information,
  servers: information,
  dataProduct: information,
  description: information,
  domain: information,
  support: information,
  price: information,
  team: information,
  roles: information,
  slaDefaultElement: information,
  slaProperties: information,
  authoritativeDefinitions: information,
  customProperties: information,
  contractCreatedTs: information,
});
