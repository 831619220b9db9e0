import { z } from 'zod';

const Value = z.union([z.number(), z.string().max(1_000)]);

/** What one column must be; a missing value is nothing but `missing`. */
export const RuleCondition = z
  .strictObject({
    above: z.number().exactOptional(),
    atLeast: z.number().exactOptional(),
    below: z.number().exactOptional(),
    atMost: z.number().exactOptional(),
    oneOf: z.array(Value).min(1).max(10_000).exactOptional(),
    missing: z.boolean().exactOptional(),
  })
  .refine((condition) => Object.keys(condition).length > 0, 'it asks nothing of the column');
export type RuleCondition = z.infer<typeof RuleCondition>;

/** An answer without a model: one constant, the value of a feature, or a table that is read from the top. */
export const RulePredictor = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('constant'), score: z.number() }),
  z.object({
    kind: z.literal('feature'),
    feature: z.string(),
    /** Used where the feature is missing. */
    whenMissing: z.number(),
    /** The score is `scale * feature + offset`. */
    scale: z.number().default(1),
    offset: z.number().default(0),
  }),
  z.strictObject({
    kind: z.literal('table'),
    /** The first whose conditions all hold gives the score. */
    rules: z
      .array(z.strictObject({ when: z.record(z.string().min(1), RuleCondition), score: z.number() }))
      .min(1)
      .max(10_000),
    /** Where no rule holds. */
    otherwise: z.number(),
  }),
]);
export type RulePredictor = z.infer<typeof RulePredictor>;

/** The columns that a rule reads. */
export function columnsOfRule(rule: RulePredictor): ReadonlySet<string> {
  if (rule.kind === 'constant') return new Set();
  if (rule.kind === 'feature') return new Set([rule.feature]);
  return new Set(rule.rules.flatMap(({ when }) => Object.keys(when)));
}
