import { z } from 'zod';
import { ById, Digest, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** A parameter of a trainer after tuning: numbers mostly. */
const ParameterValue = z.union([z.number(), z.string(), z.boolean(), z.null()]);

const OnnxValue = z.object({
  name: z.string(),
  type: z.string(),
  shape: z.array(z.union([z.number(), z.string(), z.null()])).nullable(),
});

/** What `meta.json` of a trained model's bundle says; the bundle's other file is `model.onnx`. */
export const TrainedModelMeta = z.object({
  kind: z.enum(['rule', 'logistic_regression', 'gradient_boosting']),
  task: z.enum(['binary', 'multiclass', 'regression']),
  /** Numeric features in the order of the tensor `X`. */
  features: z.array(z.string()),
  /** Text features in the order of the tensor `X_text`; empty for most models. */
  textFeatures: z.array(z.string()),
  label: z.string(),
  /** Class labels in the order of `probabilities`; empty for regression. */
  classes: z.array(z.number()),
  params: z.record(z.string(), ParameterValue),
  seed: z.number().int(),
  splitId: z.string(),
  splitDigest: z.string(),
  datasetVersionId: z.string(),
  datasetVersionDigest: z.string(),
  /** Name of the feature service that made the columns; null when they came ready-made. */
  featureService: z.string().nullable(),
  studyId: z.string().nullable(),
  trainRows: z.number().int(),
  validationMetrics: z.record(z.string(), z.number().nullable()),
  importance: z.array(z.object({ feature: z.string(), gain: z.number() })),
  onnx: z.object({ inputs: z.array(OnnxValue), outputs: z.array(OnnxValue) }),
});
export type TrainedModelMeta = z.infer<typeof TrainedModelMeta>;

export const TrainedModel = z.object({
  id: z.string(),
  kind: TrainedModelMeta.shape.kind,
  /** Merkle digest of the bundle. */
  digest: Digest,
  bytes: z.number().int(),
  runId: z.string(),
  project: z.string(),
  createdAt: Timestamp,
  meta: TrainedModelMeta,
});
export type TrainedModel = z.infer<typeof TrainedModel>;

export const trainingApi = {
  trainedModels: route({
    id: 'training.trainedModels',
    method: 'GET',
    path: '/api/v1/trained-models',
    access: 'training:read',
    summary: 'Lists trained models, newest first.',
    query: PageQuery.extend({ project: z.string().optional() }),
    response: pageOf(TrainedModel),
  }),
  trainedModel: route({
    id: 'training.trainedModel',
    method: 'GET',
    path: '/api/v1/trained-models/:id',
    access: 'training:read',
    summary: 'Shows a trained model: features, parameters, where its rows came from, importance.',
    params: ById,
    response: TrainedModel,
  }),
};
