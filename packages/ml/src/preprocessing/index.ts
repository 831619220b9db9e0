export {
  type ColumnPreprocessing,
  defaultPreprocessing,
  type FittedColumn,
  type FittedPreprocessing,
  fitPreprocessing,
} from './fit-preprocessing.ts';
export { type Pipeline, predictPipeline } from './pipeline.ts';
export type { NumberColumn, Table, TableColumn, TextColumn } from './table.ts';
export { transform } from './transform.ts';
