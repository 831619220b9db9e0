import {
  type CallColumn,
  type CallParam,
  type CallSignature,
  columnsOfRule,
  type ModelSignature,
} from '@esteira/contracts/data-plane';
import type { EndpointState, Predictor } from '../../engine/endpoint-state.ts';
import { inferenceError } from '../../inference-error.ts';

/** How an endpoint is called by its model's own words. */
export interface CallPlan {
  readonly takes: CallSignature['takes'];
  readonly params: readonly CallParam[];
  /** Undefined: every output, by name. */
  readonly gives: CallSignature['gives'] | undefined;
  readonly signature: ModelSignature;
  /** Whoever may answer takes the same graph inputs, so that those are filled at once; else each gets the columns and picks its own. */
  readonly whole: boolean;
  readonly knownColumns: ReadonlySet<string>;
}

// An endpoint's state is replaced as a whole, so what is derived from it goes with it.
const plans = new WeakMap<EndpointState, CallPlan>();

/** Throws MODEL_NOT_READY where nothing says how the endpoint is read. */
export function callPlan(endpoint: EndpointState): CallPlan {
  const known = plans.get(endpoint);
  if (known !== undefined) return known;
  const signature = endpoint.reading?.signature;
  if (signature === undefined) throw inferenceError('MODEL_NOT_READY', { model: endpoint.document.name });
  const plan: CallPlan = {
    takes: signature.call?.takes ?? { kind: 'columns', columns: columnsOfFeatures(signature) },
    params: signature.call?.params ?? [],
    gives: signature.call?.gives,
    signature,
    whole: isUniform(endpoint, signature),
    knownColumns: endpoint.knownColumns,
  };
  plans.set(endpoint, plan);
  return plan;
}

function columnsOfFeatures(signature: ModelSignature): CallColumn[] {
  return signature.features.map(({ name, type, input, index, missing }) => {
    const datatype = signature.inputs.find((candidate) => candidate.name === input)?.datatype;
    const whole = datatype !== undefined && /INT/.test(datatype) ? 'long' : undefined;
    const number = datatype === 'BOOL' ? 'boolean' : (whole ?? 'double');
    return { name, type: type === 'text' ? 'string' : number, required: !missing, input, index };
  });
}

function isUniform(endpoint: EndpointState, signature: ModelSignature): boolean {
  const form = formOf(signature);
  const predictors: (Predictor | undefined)[] = [
    ...endpoint.arms.map((arm) => arm.predictor),
    endpoint.shadow?.predictor,
    endpoint.fallback,
  ];
  for (const predictor of predictors) {
    if (predictor === undefined) continue;
    const rule = predictor.kind === 'rule' ? predictor.rule : predictor.signature.rule;
    if (rule !== undefined) {
      for (const column of columnsOfRule(rule))
        if (!signature.features.some(({ name }) => name === column)) return false;
    } else if (predictor.kind === 'version' && formOf(predictor.signature) !== form) return false;
  }
  return true;
}

function formOf({ inputs, features }: ModelSignature): string {
  return JSON.stringify([inputs, features.map(({ name, input, index }) => [name, input, index])]);
}
