import type { BitVectorTrees } from './bit-vector-trees.ts';
import type { FlatTrees } from './flat-trees.ts';

/** A tree ensemble with all that takes time to make of its lists, in plain values: it may come out of another thread. */
export interface SettledTrees {
  readonly features: number;
  readonly outputs: number;
  readonly baseScores: ArrayLike<number>;
  /** Class labels; empty for a regressor. */
  readonly classes: readonly number[] | readonly string[];
  /** NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO or PROBIT. */
  readonly postTransform: string;
  readonly aggregate: 'SUM' | 'AVERAGE' | 'MIN' | 'MAX';
  /** Which class ids the weights name. */
  readonly weightedClasses: readonly number[];
  readonly allWeightsPositive: boolean;
  readonly precision: 'float32' | 'float64';
  readonly flat: FlatTrees;
  /** Where all trees are small. */
  readonly small: BitVectorTrees | undefined;
}
