import type * as Yaml from 'yaml';
import { z } from 'zod';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';

const yaml = loadWhenUsed<typeof Yaml>('yaml');

const MlModel = z.object({
  flavors: z.record(z.string(), z.unknown()),
  signature: z.unknown().optional(),
  metadata: z.object({ task: z.string().optional() }).nullish().catch(undefined),
  saved_input_example_info: z.object({ artifact_path: z.string() }).nullish().catch(undefined),
});

/** Reads an `MLmodel`: what MLflow's client writes of a model beside its files. Undefined when it is not YAML with flavors. */
export function readMlModel(text: string): z.infer<typeof MlModel> | undefined {
  return MlModel.safeParse(parseYaml(text)).data;
}

function parseYaml(text: string): unknown {
  try {
    return yaml().parse(text, { maxAliasCount: 20 }) as unknown;
  } catch {
    return undefined;
  }
}
