import { parse } from 'yaml';
import { z } from 'zod';
import type { KeptFile } from '../freeze-files.ts';

/** Where the graph of a model lies among its files, and what is said of it. */
export interface FoundGraph {
  readonly graph: KeptFile;
  /** What MLflow's client wrote of its inputs and outputs; undefined when nothing was. */
  readonly signature: unknown;
  /** Stored questions with true answers, as a text. */
  readonly cases: string | undefined;
}

const MlModel = z.object({ flavors: z.record(z.string(), z.unknown()), signature: z.unknown() });
const OnnxFlavour = z.object({ data: z.string().min(1) });

/**
 * Looks for the one ONNX graph that files hold: what the flavour `onnx` of an `MLmodel` names, or the only `.onnx` file at
 * the top, with `signature.json` beside it. Returns why there is none that can be served, and what to do.
 */
export async function findGraph(
  files: readonly KeptFile[],
  read: (file: KeptFile) => Promise<string>,
): Promise<FoundGraph | { readonly problem: string }> {
  const at = (path: string): KeptFile | undefined => files.find((file) => file.path === path);
  const casesFile = at('cases.json');
  const cases = casesFile && (await read(casesFile));
  const description = at('MLmodel');
  if (description !== undefined) return await fromMlModel(await read(description), at, cases);
  const graphs = files.filter(({ path }) => path.endsWith('.onnx') && !path.includes('/'));
  const graph = graphs[0];
  if (graph === undefined) return { problem: whatElse(files) };
  if (graphs.length > 1)
    return { problem: `it holds several graphs: ${graphs.map(({ path }) => path).join(', ')}; send one` };
  const signatureFile = at('signature.json');
  if (signatureFile === undefined) return { graph, signature: undefined, cases };
  const signature = parseJson(await read(signatureFile));
  return signature === undefined
    ? { problem: 'its signature.json is not JSON' }
    : { graph, signature, cases };
}

async function fromMlModel(
  text: string,
  at: (path: string) => KeptFile | undefined,
  cases: string | undefined,
): Promise<FoundGraph | { readonly problem: string }> {
  const model = MlModel.safeParse(parseYaml(text));
  if (!model.success) return { problem: 'its MLmodel is not YAML with flavors' };
  const { flavors, signature } = model.data;
  const flavour = OnnxFlavour.safeParse(flavors.onnx);
  if (!flavour.success) {
    const names = Object.keys(flavors).filter((name) => name !== 'python_function');
    return {
      problem: `it is an MLflow model of the flavour ${names.join(', ') || 'python_function'}, which needs Python to load; only the flavour onnx is served: export it to ONNX and save it with mlflow.onnx.save_model`,
    };
  }
  const path = flavour.data.data;
  const graph = at(path);
  if (graph === undefined) return { problem: `its MLmodel names ${path}, which is not among its files` };
  return { graph, signature: signature ?? undefined, cases };
}

function whatElse(files: readonly KeptFile[]): string {
  const names = files.map(({ path }) => path.split('/').at(-1) ?? path);
  if (names.some((name) => /\.(pkl|pickle|joblib|pt|pth|h5|keras)$/.test(name)))
    return 'it is kept in a form that needs its framework to load; export it to ONNX';
  if (names.some((name) => name.endsWith('.py')))
    return 'it is Python code, which no endpoint runs yet; export the model to ONNX';
  return 'it holds neither an .onnx file nor an MLmodel';
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 20 }) as unknown;
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
