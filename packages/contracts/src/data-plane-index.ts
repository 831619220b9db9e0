/** What a model server needs of the contracts. The schemas of all rooms would hold tens of megabytes in every serving process. */
export * from './call-signature.ts';
export * from './data-plane.ts';
export * from './data-plane-api.ts';
export * from './errors.ts';
export type { OnlineFeatures } from './feature-store.ts';
export * from './model-signature.ts';
export * from './pipeline-model.ts';
export * from './primitives.ts';
export * from './rule-predictor.ts';
