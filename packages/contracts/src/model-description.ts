import { z } from 'zod';
import { PipelineModel } from './pipeline-model.ts';
import { RemoteModel } from './remote-model.ts';
import { columnsOfRule, type RuleCondition, RulePredictor } from './rule-predictor.ts';

const ColumnName = z.string().min(1).max(256);

/** Columns by name, with the kind of their values. */
const Columns = z
  .record(ColumnName, z.enum(['number', 'text']))
  .refine((columns) => Object.keys(columns).length > 0, 'it names no column')
  .refine((columns) => Object.keys(columns).length <= 1_000, 'it names more than 1000 columns');

/**
 * A rule that is a version of its own. Its score is the probability of class 1 (label 1 from 0.5 on), or the value of a
 * regression.
 */
export const RuleModel = z
  .strictObject({
    kind: z.literal('rule'),
    task: z.enum(['classification', 'regression']),
    columns: Columns,
    rule: RulePredictor,
  })
  .superRefine(({ task, columns, rule }, context) => {
    for (const name of columnsOfRule(rule))
      if (columns[name] === undefined)
        context.addIssue(`the rule reads ${name}, which is not among the columns`);
    if (rule.kind === 'feature' && columns[rule.feature] === 'text')
      context.addIssue(`the column ${rule.feature} holds texts, which are no scores`);
    if (rule.kind === 'table') {
      for (const [position, { when }] of rule.rules.entries())
        for (const [name, condition] of Object.entries(when)) {
          const problem = whyUnfit(condition, columns[name]);
          if (problem !== undefined) context.addIssue(`rule ${position}: ${name} ${problem}`);
        }
    }
    const foreign =
      task === 'classification' ? scoresOf(rule).find((score) => score < 0 || score > 1) : undefined;
    if (foreign !== undefined) context.addIssue(`the score ${foreign} is no probability`);
  });
export type RuleModel = z.infer<typeof RuleModel>;

/** A model that is described rather than trained: a JSON file, told apart by its `kind`. */
export const ModelDescription = z.discriminatedUnion('kind', [RuleModel, RemoteModel, PipelineModel]);
export type ModelDescription = z.infer<typeof ModelDescription>;

/** The name of the file among those of a version. */
export const descriptionFile = 'model.json';

/** Whether a JSON document means to be the description of a model, right or wrong. */
export function describesModel(document: unknown): boolean {
  const { success, data } = z.object({ kind: z.string() }).safeParse(document);
  return success && ModelDescription.options.some((option) => option.shape.kind.value === data.kind);
}

function whyUnfit(condition: RuleCondition, type: 'number' | 'text' | undefined): string | undefined {
  const { above, atLeast, below, atMost, oneOf } = condition;
  if (type === 'text' && (above ?? atLeast ?? below ?? atMost) !== undefined)
    return 'holds texts, which are neither above nor below a number';
  if (oneOf?.some((value) => (typeof value === 'number') !== (type === 'number')))
    return `holds ${type === 'number' ? 'numbers' : 'texts'}, and oneOf names others`;
  return undefined;
}

function scoresOf(rule: RulePredictor): readonly number[] {
  if (rule.kind === 'constant') return [rule.score];
  if (rule.kind === 'feature') return [rule.whenMissing];
  return [...rule.rules.map(({ score }) => score), rule.otherwise];
}
