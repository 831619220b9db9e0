import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { describesModel } from '@esteira/contracts';
import { CommandError, usageError } from '../command-error.ts';

/** What is deployed: a file or folder of this machine, files of a run, or a registered version. */
export type DeploySource =
  | { readonly kind: 'file'; readonly path: string; readonly name: string }
  | { readonly kind: 'folder'; readonly path: string; readonly name: string }
  | { readonly kind: 'run'; readonly runId: string; readonly path: string; readonly name: undefined }
  | {
      readonly kind: 'version';
      readonly model: string;
      /** A number or an alias. */
      readonly version: string;
      readonly alias: string | undefined;
      readonly name: string;
    };

const framework = /\.(pkl|pickle|joblib|pt|pth|h5|keras|cbm|json|ubj|txt)$/i;
/** An estimator of scikit-learn or one of its like, which a conversion loads. */
const pickledEstimator = /\.(pkl|pickle|joblib)$/i;

/** Reads the argument of `esteira deploy`; throws what is wrong with it and what to do. `convert`: it becomes a graph first. */
export function readDeploySource(text: string, convert = false): DeploySource {
  if (text.startsWith('models:/')) return readVersion(text);
  if (text.startsWith('runs:/')) return readRun(text);
  if (!existsSync(text)) {
    throw new CommandError({
      code: 'FILE_UNREADABLE',
      what: `There is nothing at ${text}.`,
      todo: 'give an ONNX file, a Python file, a JSON file that describes a model, the folder of an MLflow model, runs:/<run>/<path>, models:/<name>/<version> or models:/<name>@<alias>',
    });
  }
  const name = nameOf(text);
  if (statSync(text).isDirectory()) {
    if (existsSync(`${text}/MLmodel`) || existsSync(`${text}/model.py`))
      return { kind: 'folder', path: text, name };
    throw unservable(
      `The folder ${text} has neither an MLmodel file nor a model.py.`,
      'give the folder of an MLflow model or of a Python model, or a file',
    );
  }
  if (isDescription(text) || (convert && pickledEstimator.test(text)))
    return { kind: 'file', path: text, name };
  if (framework.test(text)) {
    throw unservable(
      `${text} is kept in a form that needs its framework to load.`,
      pickledEstimator.test(text)
        ? 'have it converted (--convert onnx --requirements FILE), or log it as an MLflow model'
        : 'export the model to ONNX (onnxmltools, torch.onnx) and deploy that file, or log it as an MLflow model',
    );
  }
  return { kind: 'file', path: text, name };
}

function readVersion(text: string): DeploySource {
  const match = /^models:\/([^/@:]+)(?:\/([0-9]{1,9})|@([A-Za-z0-9_][A-Za-z0-9._-]*))$/u.exec(text);
  const [, model, number, alias] = match ?? [];
  const version = number ?? alias;
  if (model === undefined || version === undefined)
    throw usageError(`${text} names no version.`, 'write models:/<name>/<number> or models:/<name>@<alias>');
  return { kind: 'version', model, version, alias, name: model };
}

function readRun(text: string): DeploySource {
  const [, runId, path = ''] = /^runs:\/([^/]+)(?:\/(.*))?$/u.exec(text) ?? [];
  if (runId === undefined) throw usageError(`${text} names no run.`, 'write runs:/<run>/<path>');
  return { kind: 'run', runId, path: path.replace(/\/+$/, ''), name: undefined };
}

/** A JSON file that says what kind of model it describes. */
function isDescription(path: string): boolean {
  if (extname(path).toLowerCase() !== '.json') return false;
  try {
    return describesModel(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return false;
  }
}

/** A name for the endpoint, from that of the file. */
function nameOf(path: string): string {
  const name = basename(path, extname(path)).replace(/[^A-Za-z0-9._-]+/g, '-');
  return name.replace(/^[^A-Za-z0-9]+/, '').slice(0, 128);
}

function unservable(what: string, todo: string): CommandError {
  return new CommandError({ code: 'MODEL_NOT_REGISTRABLE', what, todo });
}
