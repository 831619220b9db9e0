import type { ModelDescription, ModelExamples, ModelSignature, RuleModel } from '@esteira/contracts';
import type * as ModelServer from '@esteira/model-server';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import { exampleRow, scoresOf } from '../check-graph.ts';
import { madeUpRows } from './inspect-graph-bytes.ts';

const modelServer = loadWhenUsed<typeof ModelServer>('@esteira/model-server');

/** What a described model takes and gives, and its answers to rows that are made up. */
export async function inspectDescription(
  description: ModelDescription,
): Promise<{ readonly signature: ModelSignature; readonly examples: ModelExamples }> {
  const signature = signatureOfRule(description);
  const runner = modelServer().createRuleRunner(description.rule, signature);
  const examples = madeUpRows(signature);
  const rows = examples.rows.map((_, row) => exampleRow(examples, row));
  const feeds = new Map(
    modelServer()
      .exampleTensors(signature, rows)
      .map((tensor) => [tensor.name, tensor]),
  );
  const outputs = await runner.run({ rows: rows.length, feeds }, '', 0);
  return { signature, examples: { ...examples, expected: scoresOf(signature, [...outputs.values()]) } };
}

/** Each column is an input of its own; what is missing is for the rule to judge. */
function signatureOfRule({ task, columns, rule }: RuleModel): ModelSignature {
  const named = Object.entries(columns);
  const inputs = named.map(([name, type]) => ({
    name,
    datatype: type === 'text' ? ('BYTES' as const) : ('FP64' as const),
    shape: [-1, 1],
  }));
  const features = named.map(([name, type]) => ({ name, type, input: name, index: 0, missing: true }));
  const answers =
    task === 'classification'
      ? {
          outputs: [
            { name: 'label', datatype: 'INT64' as const, shape: [-1] },
            { name: 'probabilities', datatype: 'FP64' as const, shape: [-1, 2] },
          ],
          label: 'label',
          score: { output: 'probabilities', column: 1 },
          classes: [0, 1],
        }
      : {
          outputs: [{ name: 'prediction', datatype: 'FP64' as const, shape: [-1, 1] }],
          label: null,
          score: { output: 'prediction', column: 0 },
          classes: [],
        };
  return { task, inputs, features, operators: [], rule, ...answers };
}
