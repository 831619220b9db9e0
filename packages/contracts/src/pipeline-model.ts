import { z } from 'zod';
import { RulePredictor } from './rule-predictor.ts';

/** Names a value: a column of the request, the score of a step, or `step.column` of a step that maps columns. */
const Source = z.string().min(1).max(600);
const StepName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/);

/** Columns that a step reads, under the names it knows them by; a column that is absent has the name it has in the request. */
const Inputs = z.record(z.string().min(1).max(256), Source).default({});

/** One column made of another. */
export const ColumnMap = z.strictObject({
  from: Source,
  /** A number becomes `scale * value + offset`. */
  scale: z.number().default(1),
  offset: z.number().default(0),
  /** In the place of a missing value. */
  whenMissing: z.union([z.number(), z.string().max(1_000)]).exactOptional(),
  /** Texts and what becomes of them; any other text is missing. */
  values: z.record(z.string(), z.number()).exactOptional(),
});
export type ColumnMap = z.infer<typeof ColumnMap>;

export const PipelineStep = z.union([
  /** A registered version that is no pipeline: `models:/name/3` or `models:/name@alias`, pinned at registration. */
  z.strictObject({
    name: StepName,
    model: z.string().startsWith('models:/').max(600),
    inputs: Inputs,
    /** How long it may take, in ms, within what the endpoint gives the whole pipeline. */
    timeoutMs: z.number().int().min(1).max(600_000).exactOptional(),
  }),
  z.strictObject({ name: StepName, map: z.record(StepName, ColumnMap) }),
  z.strictObject({ name: StepName, rule: RulePredictor, inputs: Inputs }),
  /** Scores of other steps, by weight: their mean, or the share of those that are 0.5 or more. */
  z.strictObject({
    name: StepName,
    combine: z.enum(['average', 'vote']),
    of: z
      .record(StepName, z.number().positive())
      .refine((of) => Object.keys(of).length > 0, 'it names no step'),
  }),
]);
export type PipelineStep = z.infer<typeof PipelineStep>;

/** Several models, maps and rules that answer as one: a graph of steps without cycles. */
export const PipelineModel = z.strictObject({
  kind: z.literal('pipeline'),
  task: z.enum(['classification', 'regression']),
  columns: z
    .record(z.string().min(1).max(256), z.enum(['number', 'text']))
    .refine((columns) => Object.keys(columns).length > 0, 'it names no column'),
  steps: z.array(PipelineStep).min(1).max(50),
  /** The step whose score is the answer. */
  answer: StepName,
});
export type PipelineModel = z.infer<typeof PipelineModel>;

/** A version that a step is, frozen with the pipeline: its files lie below `steps/<step>/` of the bundle. */
export const PinnedStep = z.object({
  modelVersionId: z.string(),
  model: z.string(),
  version: z.number().int(),
  digest: z.string(),
  /** It is Python code, whose environment has to be made. */
  python: z.literal(true).exactOptional(),
  /** Name of the secret that the server elsewhere is asked with. */
  secret: z.string().exactOptional(),
});
export type PinnedStep = z.infer<typeof PinnedStep>;

/** A pipeline with the versions that its steps are. */
export const PinnedPipeline = PipelineModel.extend({ pinned: z.record(StepName, PinnedStep) });
export type PinnedPipeline = z.infer<typeof PinnedPipeline>;

/** Where the files of a step lie in the bundle of its pipeline. */
export function stepFolder(step: string): string {
  return `steps/${step}/`;
}

/** What a source names: a column of the request, or a step with the column of its map. */
export function readSource(
  source: string,
  pipeline: Pick<PipelineModel, 'columns' | 'steps'>,
):
  | { readonly column: string }
  | { readonly step: PipelineStep; readonly mapped: string | undefined }
  | undefined {
  if (pipeline.columns[source] !== undefined) return { column: source };
  const [name, mapped] = source.split('.', 2);
  const step = pipeline.steps.find((candidate) => candidate.name === name);
  if (step === undefined) return undefined;
  if ('map' in step)
    return mapped !== undefined && Object.hasOwn(step.map, mapped) ? { step, mapped } : undefined;
  return mapped === undefined ? { step, mapped } : undefined;
}

/** The sources that a step reads by its own word; a model reads what its features are called besides. */
export function sourcesOf(step: PipelineStep): readonly string[] {
  if ('map' in step) return Object.values(step.map).map(({ from }) => from);
  if ('combine' in step) return Object.keys(step.of);
  return Object.values(step.inputs);
}
