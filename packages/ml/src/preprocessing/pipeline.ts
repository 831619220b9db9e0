import { MlInputError } from '../ml-input-error.ts';
import { type Predictions, predict, type TrainedModel } from '../trainers/predict.ts';
import type { FittedPreprocessing } from './fit-preprocessing.ts';
import type { Table } from './table.ts';
import { transform } from './transform.ts';

/** What goes from raw columns to an answer; exported as one graph. Without preprocessing all columns are numbers. */
export interface Pipeline {
  readonly preprocessing: FittedPreprocessing | null;
  readonly model: TrainedModel;
}

/** @throws MlInputError as transform and predict; COLUMN_MISSING, COLUMN_TYPE_MISMATCH */
export function predictPipeline(pipeline: Pipeline, table: Table): Predictions {
  if (pipeline.preprocessing) return predict(pipeline.model, transform(pipeline.preprocessing, table));
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const names = pipeline.model.featureNames;
  const columns = names.map((name) => {
    const column = byName.get(name);
    if (!column) throw new MlInputError('COLUMN_MISSING', `The table lacks the column "${name}".`);
    if (column.type !== 'number')
      throw new MlInputError('COLUMN_TYPE_MISMATCH', `Column "${name}" holds text; the model takes numbers.`);
    return column.values;
  });
  return predict(pipeline.model, { rows: table.rows, columns, names });
}
