import type { ConvertedColumn } from '@esteira/model-server';
import { parseJson } from '../../kernel/parse-json.ts';
import type { KeptFile } from '../freeze-files.ts';
import { findModel } from '../inspection/find-model.ts';
import { columnsOfSignature } from './signature-columns.ts';

/** A model of an estimator that can be written as a graph. */
export interface Original {
  readonly flavour: 'sklearn' | 'xgboost' | 'lightgbm' | 'pickle';
  /** The file that holds it; empty for the whole folder. */
  readonly path: string;
  readonly requirements: readonly string[];
  readonly version: string | undefined;
  /** MLflow's signature of it; undefined where there is none. */
  readonly signature: unknown;
  readonly columns: readonly ConvertedColumn[] | undefined;
  readonly answers: 'predict' | 'predict_proba';
  /** The file of the example that it was logged with. */
  readonly example: KeptFile | undefined;
}

const flavours = ['sklearn', 'xgboost', 'lightgbm'] as const;
const pickled = /^[^/]+\.(?:pkl|pickle|joblib)$/i;

/**
 * The estimator among some files: an MLflow model of scikit-learn, XGBoost or LightGBM, or one pickled file at the top with
 * `requirements.txt` and, where there is one, `signature.json` beside it. Returns why there is none.
 */
export async function findOriginal(
  files: readonly KeptFile[],
  read: (file: KeptFile) => Promise<string>,
): Promise<Original | { readonly problem: string }> {
  const at = (path: string): KeptFile | undefined => files.find((file) => file.path === path);
  const [single, second] = files.filter(({ path }) => pickled.test(path));
  if (at('MLmodel') === undefined && single !== undefined) {
    if (second !== undefined) return { problem: `it holds ${single.path} and ${second.path}; send one` };
    const lock = at('requirements.txt');
    if (lock === undefined)
      return {
        problem: 'it has no requirements.txt (--requirements FILE), so its environment cannot be made',
      };
    const signatureFile = at('signature.json');
    const signature = signatureFile && parseJson(await read(signatureFile));
    const columns = columnsOfSignature(signature);
    if (columns !== undefined && 'problem' in columns) return columns;
    const requirements = (await read(lock)).split(/\r?\n/);
    const kept = { path: single.path, requirements, version: undefined, example: undefined };
    return { flavour: 'pickle', ...kept, signature, columns, answers: 'predict' };
  }
  const found = await findModel(files, read);
  if ('problem' in found) return found;
  if (found.kind === 'graph') return { problem: 'it has a graph already, which is served as it is' };
  if (found.kind !== 'python' || found.mlflow === undefined)
    return { problem: 'it is no estimator; models of scikit-learn, XGBoost and LightGBM are converted' };
  const { loader, method, example } = found.mlflow;
  const flavour = flavours.find((one) => loader === `mlflow.${one}`);
  if (flavour === undefined) {
    const problem = `it is loaded by ${loader}; models of scikit-learn, XGBoost and LightGBM are converted`;
    return { problem };
  }
  if (method !== 'predict' && method !== 'predict_proba')
    return { problem: `it answers by ${method}; predict and predict_proba are converted` };
  const columns = columnsOfSignature(found.signature);
  if (columns !== undefined && 'problem' in columns) return columns;
  return {
    flavour,
    path: '',
    requirements: found.runtime.requirements,
    version: found.runtime.version ?? undefined,
    signature: found.signature,
    columns,
    answers: method,
    example: example === undefined ? undefined : at(example),
  };
}
