/** Raw columns as a data source gives them. NaN is a missing number, null (or '') a missing text. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly TableColumn[];
}

export type TableColumn = NumberColumn | TextColumn;

export interface NumberColumn {
  readonly name: string;
  readonly type: 'number';
  readonly values: Float32Array | Float64Array;
}

export interface TextColumn {
  readonly name: string;
  readonly type: 'text';
  readonly values: readonly (string | null)[];
}
