import {
  descriptionFile,
  type ModelDescription,
  type ModelExamples,
  type ModelSignature,
  type PipelineModel,
  type RemoteModel,
  type RuleModel,
  signatureOfColumns,
} from '@esteira/contracts';
import type * as ModelServer from '@esteira/model-server';
import { type ReceiverRules, readReceiver } from '@esteira/model-server/receiver';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import { exampleRow, scoresOf } from '../check-graph.ts';
import { derivePythonSignature } from './derive-python-signature.ts';
import { madeUpRows } from './inspect-graph-bytes.ts';

const modelServer = loadWhenUsed<typeof ModelServer>('@esteira/model-server');

type Inspected = { readonly signature: ModelSignature; readonly examples: ModelExamples };

/**
 * What a described model takes and gives, and where it is a rule its answers to rows that are made up. A server elsewhere is
 * not asked: whether it keeps its word shows when an endpoint asks it. `document`: MLflow's signature, for a remote model.
 */
export async function inspectDescription(
  description: Exclude<ModelDescription, PipelineModel>,
  document: unknown,
  rules: ReceiverRules,
): Promise<Inspected | { readonly problem: string }> {
  return description.kind === 'rule'
    ? await inspectRule(description)
    : inspectRemote(description, document, rules);
}

async function inspectRule(model: RuleModel): Promise<Inspected> {
  const signature = { ...signatureOfColumns(model), rule: model.rule };
  const runner = modelServer().createRuleRunner(model.rule, signature);
  const examples = madeUpRows(signature);
  const rows = examples.rows.map((_, row) => exampleRow(examples, row));
  const tensors = modelServer().exampleTensors(signature, rows);
  const feeds = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const outputs = await runner.run({ rows: rows.length, feeds }, '', 0);
  return { signature, examples: { ...examples, expected: scoresOf(signature, [...outputs.values()]) } };
}

function inspectRemote(remote: RemoteModel, document: unknown, rules: ReceiverRules) {
  const receiver = readReceiver(remote.url, rules);
  if ('problem' in receiver) return { problem: `its URL may not be called${receiver.problem}` };
  if (remote.protocol === 'openai')
    return { signature: { ...chatSignature, remote }, examples: madeUpRows(chatSignature) };
  const runtime = { kind: 'file' as const, path: descriptionFile, version: null, requirements: [] };
  const derived = derivePythonSignature(document, runtime);
  if ('problem' in derived) return derived;
  const { python: _, ...signature } = derived.signature;
  return { signature: { ...signature, remote }, examples: madeUpRows(signature) };
}

/** What is logged and compared of a text is its length in tokens, as the server counts it. */
const chatSignature: ModelSignature = {
  task: 'regression',
  inputs: [{ name: 'prompt', datatype: 'BYTES', shape: [-1] }],
  outputs: [
    { name: 'answer', datatype: 'BYTES', shape: [-1] },
    { name: 'completion_tokens', datatype: 'FP64', shape: [-1] },
  ],
  features: [{ name: 'prompt', type: 'text', input: 'prompt', index: 0, missing: false }],
  label: null,
  score: { output: 'completion_tokens', column: 0 },
  classes: [],
  operators: [],
};
