import type { JsonValue, PipelineSpec } from '@esteira/contracts';
import type { StepGraph } from './step-graph.ts';

/** A pipeline file that was read: what it says, its digest, and its steps as a graph. */
export interface ParsedPipeline {
  readonly spec: PipelineSpec;
  /** Of the content, not of the text: comments and the order of keys do not change it. */
  readonly digest: string;
  readonly graph: StepGraph;
  readonly steps: ReadonlyMap<string, SpecStep>;
}

export type SpecStep = PipelineSpec['steps'][number];

export interface PipelineParameter {
  readonly name: string;
  readonly required: boolean;
  readonly default?: JsonValue;
  readonly description: string;
}

/** The parameters a pipeline declares, in the order of the file. */
export function parametersOf(spec: PipelineSpec): readonly PipelineParameter[] {
  return Object.entries(spec.parameters).map(([name, declared]) => {
    if (declared === null) return { name, required: true, description: '' };
    if (typeof declared !== 'object' || Array.isArray(declared)) {
      return { name, required: false, default: declared, description: '' };
    }
    const definition = declared as { default?: JsonValue; description?: string };
    return {
      name,
      required: definition.default === undefined,
      ...(definition.default === undefined ? {} : { default: definition.default }),
      description: definition.description ?? '',
    };
  });
}

/** The values of all parameters for one run, or what is wrong with those given. */
export function fillParameters(
  spec: PipelineSpec,
  given: Readonly<Record<string, JsonValue>>,
): { readonly values: Readonly<Record<string, JsonValue>> } | { readonly problem: string } {
  const declared = parametersOf(spec);
  const known = declared.map((parameter) => parameter.name);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      return {
        problem: `"${name}" is not a parameter; ${known.length > 0 ? `there are ${known.join(', ')}` : 'there are none'}`,
      };
    }
  }
  const values: Record<string, JsonValue> = {};
  for (const parameter of declared) {
    const value = given[parameter.name] ?? parameter.default;
    if (value === undefined) return { problem: `"${parameter.name}" must be given` };
    if (
      parameter.default !== undefined &&
      parameter.default !== null &&
      typeOf(value) !== typeOf(parameter.default)
    ) {
      return { problem: `"${parameter.name}" is a ${typeOf(parameter.default)}, not a ${typeOf(value)}` };
    }
    values[parameter.name] = value;
  }
  return { values };
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
