import { mlflowWire } from './mlflow-wire.ts';
import { nativeWire } from './native-wire.ts';
import { openInferenceWire } from './open-inference-wire.ts';
import { sagemakerWire } from './sagemaker-wire.ts';
import { tensorflowWire } from './tensorflow-wire.ts';
import { torchserveWire } from './torchserve-wire.ts';
import type { Wire } from './wire.ts';

/** Every protocol that a model server speaks over HTTP. The first is that of paths which belong to none. */
export const wires: readonly [Wire, ...Wire[]] = [
  openInferenceWire,
  mlflowWire,
  tensorflowWire,
  torchserveWire,
  nativeWire,
];

/** The same in a SageMaker container, whose contract has two of the paths for itself. */
export const sagemakerWires: readonly [Wire, ...Wire[]] = [sagemakerWire, ...wires];
