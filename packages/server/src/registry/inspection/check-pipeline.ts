import {
  columnsOfRule,
  type ModelSignature,
  type PipelineModel,
  type PipelineStep,
  readSource,
  sourcesOf,
} from '@esteira/contracts';

type Kind = 'number' | 'text';

/**
 * Why a pipeline cannot answer: a name that nothing has, or two things have; a value of another kind than a step reads; a step
 * that needs itself. `models`: the signatures of the versions that are steps. Undefined when all fits.
 */
export function checkPipeline(
  pipeline: PipelineModel,
  models: ReadonlyMap<string, ModelSignature>,
): string | undefined {
  const names = new Set<string>();
  for (const { name } of pipeline.steps) {
    if (names.has(name)) return `two steps are called ${name}`;
    if (pipeline.columns[name] !== undefined) return `a step and a column are called ${name}`;
    names.add(name);
  }
  const answer = pipeline.steps.find(({ name }) => name === pipeline.answer);
  if (answer === undefined) return `there is no step ${pipeline.answer} that could be its answer`;
  if ('map' in answer)
    return `the step ${answer.name} maps columns, and has no score that could be the answer`;
  if (pipeline.task === 'classification' && models.get(answer.name)?.task === 'regression')
    return `the step ${answer.name} gives values, which are no probabilities`;
  for (const step of pipeline.steps) {
    const problem = checkStep(step, pipeline, models.get(step.name));
    if (problem !== undefined) return `the step ${step.name} ${problem}`;
  }
  return findCycle(pipeline, models);
}

function checkStep(
  step: PipelineStep,
  pipeline: PipelineModel,
  signature: ModelSignature | undefined,
): string | undefined {
  for (const source of sourcesOf(step))
    if (readSource(source, pipeline) === undefined) return `reads ${source}, which nothing is called`;
  if ('combine' in step) {
    const column = Object.keys(step.of).find((name) => pipeline.columns[name] !== undefined);
    return column === undefined ? undefined : `combines ${column}, which is no step`;
  }
  if ('map' in step) {
    for (const { from, values, scale, offset } of Object.values(step.map)) {
      const kind = kindOf(from, pipeline);
      if (values !== undefined && kind === 'number') return `looks ${from} up as a text, and it is a number`;
      if (values === undefined && kind === 'text' && (scale !== 1 || offset !== 0))
        return `counts with ${from}, which is a text`;
    }
    return undefined;
  }
  const wanted = 'rule' in step ? columnsOfRule(step.rule) : namesOf(signature);
  const foreign = Object.keys(step.inputs).find((name) => !wanted.has(name));
  if (foreign !== undefined) return `is given ${foreign}, which it does not read`;
  for (const name of wanted) {
    const source = step.inputs[name] ?? name;
    const kind = kindOf(source, pipeline);
    if (kind === undefined) return `reads ${name}, which nothing is called; name its source in inputs`;
    const type = signature?.features.find((feature) => feature.name === name)?.type;
    if (type !== undefined && type !== kind) return `reads ${name} as a ${type}, and ${source} is a ${kind}`;
  }
  return undefined;
}

function namesOf(signature: ModelSignature | undefined): ReadonlySet<string> {
  return new Set(signature?.features.map(({ name }) => name));
}

function kindOf(source: string, pipeline: PipelineModel): Kind | undefined {
  const found = readSource(source, pipeline);
  if (found === undefined) return undefined;
  if ('column' in found) return pipeline.columns[found.column];
  const map = 'map' in found.step ? found.step.map[found.mapped ?? ''] : undefined;
  if (map === undefined || map.values !== undefined) return 'number';
  // A map of a map that needs itself is told as a cycle.
  return pipeline.columns[map.from] ?? 'number';
}

/** A step that needs itself, by way of others. */
function findCycle(pipeline: PipelineModel, models: ReadonlyMap<string, ModelSignature>): string | undefined {
  const done = new Set<string>();
  function visit(step: PipelineStep, path: readonly string[]): string | undefined {
    if (path.includes(step.name)) return `its steps need each other: ${[...path, step.name].join(' → ')}`;
    if (done.has(step.name)) return undefined;
    for (const source of readBy(step, models.get(step.name))) {
      const found = readSource(source, pipeline);
      const problem =
        found !== undefined && 'step' in found ? visit(found.step, [...path, step.name]) : undefined;
      if (problem !== undefined) return problem;
    }
    done.add(step.name);
    return undefined;
  }
  for (const step of pipeline.steps) {
    const problem = visit(step, []);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** All sources of a step, those included that it reads by the name it knows them by. */
function readBy(step: PipelineStep, signature: ModelSignature | undefined): readonly string[] {
  if ('map' in step || 'combine' in step) return sourcesOf(step);
  const names = 'rule' in step ? columnsOfRule(step.rule) : namesOf(signature);
  return [...names].map((name) => step.inputs[name] ?? name);
}
