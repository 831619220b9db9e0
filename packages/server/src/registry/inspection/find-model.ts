import { describesModel, descriptionFile, ModelDescription, type PythonRuntime } from '@esteira/contracts';
import { z } from 'zod';
import { parseJson } from '../../kernel/parse-json.ts';
import type { KeptFile } from '../freeze-files.ts';
import { agentTasks } from './agent-signature.ts';
import { readMlModel } from './read-mlmodel.ts';

/** The model among some files: a graph, code that Python runs, or a description of one. */
export type FoundModel = {
  /** What MLflow's client wrote of its inputs and outputs; undefined when nothing was. */
  readonly signature: unknown;
  /** Stored questions with true answers, as a text. */
  readonly cases: string | undefined;
} & (
  | { readonly kind: 'graph'; readonly graph: KeptFile }
  | { readonly kind: 'described'; readonly description: ModelDescription }
  | {
      readonly kind: 'python';
      readonly runtime: Pick<PythonRuntime, 'kind' | 'path' | 'version' | 'requirements'>;
      /** What loads an MLflow model, and how it is asked. */
      readonly mlflow?: {
        /** A module, as `mlflow.sklearn`. */
        readonly loader: string;
        /** A method of the model, as `predict_proba`; `predict` unless it is named. */
        readonly method: string;
        /** The file of the example that it was logged with. */
        readonly example: string | undefined;
        /** It answers documents, as `agentSignature` says. */
        readonly agent: boolean;
      };
    }
);

type Problem = { readonly problem: string };

const OnnxFlavour = z.object({ data: z.string().min(1) });
const PythonFlavour = z.object({
  loader_module: z.string(),
  python_version: z.string().optional(),
  predict_fn: z.string().optional(),
});

/**
 * Looks for the one model that files hold: what an `MLmodel` describes, its graph where it has one (flavour `onnx`) and else
 * its Python function; or the only `.onnx` or `.py` file at the top, with `signature.json` and `requirements.txt` beside it;
 * or a `model.json` that describes one.
 * Returns why there is none that can be served, and what to do.
 */
export async function findModel(
  files: readonly KeptFile[],
  read: (file: KeptFile) => Promise<string>,
): Promise<FoundModel | Problem> {
  const at = (path: string): KeptFile | undefined => files.find((file) => file.path === path);
  const casesFile = at('cases.json');
  const cases = casesFile && (await read(casesFile));
  const description = at('MLmodel');
  if (description !== undefined) return await fromMlModel(await read(description), at, read, cases);
  const atTop = files.filter(({ path }) => !path.includes('/'));
  const graphs = atTop.filter(({ path }) => path.endsWith('.onnx'));
  const scripts = atTop.filter(({ path }) => path.endsWith('.py'));
  const signatureFile = at('signature.json');
  const signature = signatureFile === undefined ? undefined : parseJson(await read(signatureFile));
  if (signatureFile !== undefined && signature === undefined)
    return { problem: 'its signature.json is not JSON' };
  const [graph, second] = graphs;
  if (second !== undefined)
    return { problem: `it holds several graphs: ${graphs.map(({ path }) => path).join(', ')}; send one` };
  if (graph !== undefined) return { kind: 'graph', graph, signature, cases };
  const described = at(descriptionFile);
  const document = described === undefined ? undefined : parseJson(await read(described));
  if (describesModel(document)) return readDescription(document, signature, cases);
  const script = at('model.py') ?? (scripts.length === 1 ? scripts[0] : undefined);
  if (script === undefined) return { problem: whatElse(files) };
  const lock = at('requirements.txt');
  const requirements = lock === undefined ? [] : linesOf(await read(lock));
  const runtime = { kind: 'file', path: script.path, version: null, requirements } as const;
  return { kind: 'python', runtime, signature, cases };
}

function readDescription(
  document: unknown,
  signature: unknown,
  cases: string | undefined,
): FoundModel | Problem {
  const { success, data, error } = ModelDescription.safeParse(document);
  if (success) return { kind: 'described', description: data, signature, cases };
  const [issue] = error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return { problem: `its description is not one: ${place}${issue?.message ?? error.message}` };
}

async function fromMlModel(
  text: string,
  at: (path: string) => KeptFile | undefined,
  read: (file: KeptFile) => Promise<string>,
  cases: string | undefined,
): Promise<FoundModel | Problem> {
  const model = readMlModel(text);
  if (model === undefined) return { problem: 'its MLmodel is not YAML with flavors' };
  const { flavors } = model;
  const signature = model.signature ?? undefined;
  const flavour = OnnxFlavour.safeParse(flavors.onnx);
  if (flavour.success) {
    const path = flavour.data.data;
    const graph = at(path);
    if (graph === undefined) return { problem: `its MLmodel names ${path}, which is not among its files` };
    return { kind: 'graph', graph, signature, cases };
  }
  const python = PythonFlavour.safeParse(flavors.python_function);
  if (!python.success)
    return { problem: 'its MLmodel has neither the flavour onnx nor the flavour python_function' };
  const lock = at('requirements.txt');
  if (lock === undefined) return { problem: 'it has no requirements.txt, so its environment cannot be made' };
  const requirements = linesOf(await read(lock));
  const {
    python_version: version = null,
    loader_module: loader,
    predict_fn: method = 'predict',
  } = python.data;
  const example = model.saved_input_example_info?.artifact_path;
  const mlflow = { loader, method, example, agent: agentTasks.has(model.metadata?.task ?? '') };
  const runtime = { kind: 'mlflow' as const, path: '', version, requirements };
  return { kind: 'python', runtime, mlflow, signature, cases };
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function whatElse(files: readonly KeptFile[]): string {
  const names = files.map(({ path }) => path.split('/').at(-1) ?? path);
  if (names.some((name) => /\.(pkl|pickle|joblib|pt|pth|h5|keras)$/.test(name)))
    return 'it is kept in a form that needs its framework to load; export it to ONNX, or log it as an MLflow model';
  if (names.some((name) => name.endsWith('.py')))
    return 'it holds several Python files and none of them is model.py';
  return 'it holds neither an .onnx file, nor an MLmodel, nor a Python file';
}
