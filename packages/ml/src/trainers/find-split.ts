import type { PairScale, PairSum } from './gradient-pairs.ts';
import type { HistogramKernel } from './histogram-kernel.ts';

export interface SplitRules {
  readonly minSamplesLeaf: number;
  readonly minSumHessian: number;
  readonly lambda: number;
  readonly minSplitGain: number;
}

/** What the splits of one tree are sought in. */
export interface SplitSearch {
  readonly kernel: HistogramKernel;
  readonly bins: FeatureBins;
  readonly scale: PairScale;
  /** The features that this tree may ask. */
  readonly candidates: Uint32Array;
  readonly rules: SplitRules;
}

export interface Split {
  readonly feature: number;
  /** Values in bins 0 … bin go left. */
  readonly bin: number;
  readonly missingLeft: boolean;
  /** Decrease of the second-order loss, in units of the loss (twice over, as LightGBM counts it). */
  readonly gain: number;
  readonly left: PairSum;
  readonly right: PairSum;
}

interface FeatureBins {
  readonly edges: readonly Float64Array[];
  readonly hasMissing: readonly boolean[];
}

/**
 * The best split of a leaf, or null where none is allowed. Gain of a split:
 * GL²/(HL+λ) + GR²/(HR+λ) − G²/(H+λ) (Chen & Guestrin 2016, eq. 7, times two). Where a feature has missing
 * values each threshold is tried with them left and right. Of equal gains the first feature and lowest bin
 * win, so the result does not depend on anything else.
 */
export function findSplit(search: SplitSearch, slot: number, sum: PairSum): Split | null {
  const { kernel, bins, scale, candidates, rules } = search;
  const start = slot * kernel.cells * 2;
  const cells = kernel.histograms;
  // Everything below is in scaled units: G²/(H+λ) there is sg²/sh times the real one.
  const lambda = Math.max(rules.lambda * scale.hessian, 1e-100); // no division by 0
  const minHessian = rules.minSumHessian * scale.hessian;
  const unit = scale.hessian / (scale.gradient * scale.gradient);
  const minCount = Math.max(1, rules.minSamplesLeaf);
  const { countUnit } = scale;
  const perUnit = 1 / countUnit;
  const G = sum.gradient;
  const H = sum.hessian;
  const C = sum.count;
  const parent = (G * G) / (H + lambda);

  // A gain that drowns in rounding is none.
  let bestGain = parent * (1 + 1e-12) + rules.minSplitGain / unit;
  let bestFeature = -1;
  let bestBin = 0;
  let bestMissingLeft = false;
  let bestG = 0;
  let bestH = 0;
  let bestC = 0;

  for (let c = 0; c < candidates.length; c++) {
    const f = candidates[c] as number;
    const first = start + (kernel.firstCell[f] as number) * 2;
    const valueBins = (bins.edges[f] as Float64Array).length;
    const missing = bins.hasMissing[f] as boolean;
    // Without missing values the last threshold would leave the right side empty.
    const thresholds = missing ? valueBins : valueBins - 1;
    const missingG = missing ? (cells[first + 2 * valueBins] as number) : 0;
    const missingPacked = missing ? (cells[first + 2 * valueBins + 1] as number) : 0;
    const sides = missing && missingPacked > 0 ? 2 : 1;
    for (let side = 0; side < sides; side++) {
      let g = side === 1 ? missingG : 0;
      let packed = side === 1 ? missingPacked : 0;
      for (let b = 0; b < thresholds; b++) {
        const cell = cells[first + 2 * b + 1] as number;
        if (cell === 0) continue; // no rows: the same split as before
        g += cells[first + 2 * b] as number;
        packed += cell;
        const h = Math.floor(packed * perUnit);
        const count = packed - h * countUnit;
        if (count < minCount || h < minHessian) continue;
        const hRight = H - h;
        if (C - count < minCount || hRight < minHessian) break;
        const gRight = G - g;
        // GL²/hl + GR²/hr over one denominator: a division takes longer than all the rest.
        const hl = h + lambda;
        const hr = hRight + lambda;
        const gain = (g * g * hr + gRight * gRight * hl) / (hl * hr);
        if (gain > bestGain) {
          bestGain = gain;
          bestFeature = f;
          bestBin = b;
          bestMissingLeft = side === 1;
          bestG = g;
          bestH = h;
          bestC = count;
        }
      }
    }
  }
  if (bestFeature < 0) return null;
  const left = { gradient: bestG, hessian: bestH, count: bestC };
  const right = { gradient: G - bestG, hessian: H - bestH, count: C - bestC };
  const missingLeft = bins.hasMissing[bestFeature] === true ? bestMissingLeft : bestC >= C - bestC;
  return { feature: bestFeature, bin: bestBin, missingLeft, gain: (bestGain - parent) * unit, left, right };
}
