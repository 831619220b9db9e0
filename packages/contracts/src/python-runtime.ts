import { z } from 'zod';

/** How a model of Python code is run: in a process of its own, on an environment made from its lock. */
export const PythonRuntime = z.object({
  /** An MLflow model that is loaded by its flavour `python_function`, or a file with a function `predict`. */
  kind: z.enum(['mlflow', 'file']),
  /** The folder or file below the bundle. */
  path: z.string().min(1),
  /**
   * What it is called with: one data frame, one array, arrays by name, or a JSON document, which comes as the text of the
   * only input.
   */
  form: z.enum(['frame', 'tensor', 'columns', 'document']),
  /** Columns that reach the model as dates. */
  dates: z.array(z.string()),
  /** Of the interpreter, as `3.11`; null: any. */
  version: z.string().nullable(),
  /** Packages with their versions, as lines of a requirements file. */
  requirements: z.array(z.string()),
});
export type PythonRuntime = z.infer<typeof PythonRuntime>;
