import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import {
  type BundleRef,
  type DataPlaneSnapshot,
  ModelSignature,
  type PinnedPipeline,
  type PredictorRef,
  runsPython,
  type ServedEndpoint,
  stepFolder,
} from '@esteira/contracts/data-plane';
import { createEndpointCounters } from '../engine/endpoint-counters.ts';
import {
  type Arm,
  createEndpointState,
  type EndpointState,
  type Predictor,
} from '../engine/endpoint-state.ts';
import { heldBytes } from '../engine/model-memory.ts';
import type { ModelResidence } from '../engine/model-residence.ts';
import { createModelRunner, type ModelRunner } from '../engine/model-runner.ts';
import { createPipelineRunner, type StepModel } from '../engine/pipeline-runner.ts';
import { createRuleRunner } from '../engine/rule-runner.ts';
import type { RuntimeArchive } from '../engine/runtime-archive.ts';
import type { ReceiverRules } from '../outbound/receiver.ts';
import type { Access } from '../protocol/access.ts';
import type { PythonModels } from '../python/python-models.ts';
import { createRemoteRunner } from '../remote/remote-runner.ts';
import type { BundleCache } from './bundle-cache.ts';

/** The endpoints as they are served, and what stands in the way of those that should be served otherwise. */
export interface ServedEndpoints {
  find(name: string): EndpointState | undefined;
  all(): readonly EndpointState[];
  /** Endpoints whose wanted revision could not be applied, with the reason. */
  problems(): ReadonlyMap<string, { readonly wantedRevision: number; readonly problem: string }>;
  /** Ids of model versions that are loaded, by endpoint. */
  standbyReady(endpoint: string): readonly string[];
  /**
   * Loads what a snapshot needs and switches each endpoint in one step. An endpoint whose bundles cannot be loaded stays as
   * it was; one that was never served starts with its fallback answering. So does one whose model takes long to get ready (a
   * Python environment takes minutes): it is switched when the model has come.
   */
  apply(snapshot: DataPlaneSnapshot): Promise<void>;
  close(): Promise<void>;
}

interface LoadingModel {
  readonly signature: Promise<ModelSignature>;
  readonly model: Promise<LoadedModel>;
}

interface LoadedModel {
  readonly signature: ModelSignature;
  readonly runner: ModelRunner;
}

/** The bytes of a file of a bundle, by its name there. */
type ReadFile = (name: string) => Promise<Uint8Array>;

/** Not a problem yet: whoever waits for the model waits on. */
class StillLoading extends Error {}

// Requests that were under way when their model left the snapshot still need it.
const closeDelayMs = 10_000;

const endpointsAtOnce = 16;
// Other endpoints do not wait longer for a model that takes long to get ready.
const patienceMs = 5_000;
const failureMs = 5 * 60_000;

export function createServedEndpoints(deps: {
  readonly bundles: BundleCache;
  /** What the runtime answered for graphs that were loaded before. */
  readonly archive: RuntimeArchive;
  readonly python: PythonModels;
  readonly residence: ModelResidence;
  /** Which servers remote models may be asked at. */
  readonly remoteRules: ReceiverRules;
  readonly access: Access;
  readonly onProblem: (problem: { endpoint: string; error: unknown }) => void;
}): ServedEndpoints {
  const models = new Map<string, LoadingModel>();
  let endpoints = new Map<string, EndpointState>();
  let problems = new Map<string, { wantedRevision: number; problem: string }>();
  const standby = new Map<string, string[]>();
  /** Endpoints that were built without a model that could not be loaded. */
  const makeshift = new Set<string>();
  let latest: DataPlaneSnapshot | undefined;
  let applying: Promise<void> = Promise.resolve();
  let closed = false;

  function load(bundle: BundleRef): Promise<LoadedModel> {
    const known = models.get(bundle.digest);
    if (known !== undefined) return inTime(known, bundle);
    const signature = readSignature(bundle);
    const loading = { signature, model: loadModel(bundle, signature) };
    models.set(bundle.digest, loading);
    loading.model.catch(() => void forgetFailure(loading, bundle));
    return inTime(loading, bundle);
  }

  async function loadModel(bundle: BundleRef, reading: Promise<ModelSignature>): Promise<LoadedModel> {
    const signature = await reading;
    return { signature, runner: await createRunner(bundle, signature) };
  }

  async function createRunner(
    bundle: BundleRef,
    signature: ModelSignature,
    read: ReadFile = (name) => deps.bundles.read(bundle, name),
  ): Promise<ModelRunner> {
    const { pipeline, remote, rule, python } = signature;
    if (pipeline !== undefined)
      return createPipelineRunner(pipeline, signature, await loadSteps(bundle, pipeline));
    if (remote !== undefined)
      return createRemoteRunner(remote, signature, { rules: deps.remoteRules, secret: secretFor });
    if (rule !== undefined) return createRuleRunner(rule, signature);
    const graph = bundle.files.find(({ name }) => name === 'model.onnx');
    return await deps.residence.keep({
      name: `${bundle.model} version ${bundle.version}`,
      bytes: python === undefined ? heldBytes(graph?.size ?? 0) : 0,
      load: async () =>
        python === undefined
          ? await createModelRunner(
              await read('model.onnx'),
              signature,
              graph && { digest: graph.digest, archive: deps.archive },
            )
          : await deps.python.load(bundle, signature, read),
    });
  }

  /** The versions that are steps of a pipeline, out of its own bundle: each sees its own files alone. */
  async function loadSteps(
    bundle: BundleRef,
    pipeline: PinnedPipeline,
  ): Promise<ReadonlyMap<string, StepModel>> {
    const models = new Map<string, StepModel>();
    try {
      for (const own of stepBundles(bundle, pipeline)) {
        const read: ReadFile = (name) => deps.bundles.read(bundle, `${stepFolder(own.step)}${name}`);
        const signature = await parseSignature(read);
        models.set(own.step, { signature, runner: await createRunner(own.bundle, signature, read) });
      }
      return models;
    } catch (error) {
      for (const { runner } of models.values()) await runner.close();
      throw error;
    }
  }

  function secretFor(name: string, origin: string): string | undefined {
    const secret = latest?.secrets?.[name];
    return secret?.origin === origin ? secret.value : undefined;
  }

  /** A graph is tried again with the next snapshot; what took minutes to fail is not tried again at once. */
  async function forgetFailure({ signature }: LoadingModel, bundle: BundleRef): Promise<void> {
    const isSlow = await signature.then(runsPython, () => false);
    if (isSlow) await pause(failureMs, undefined, { ref: false });
    models.delete(bundle.digest);
  }

  /** Rejects when a Python model is not ready soon, and applies the latest snapshot again once it is. */
  async function inTime({ signature, model }: LoadingModel, bundle: BundleRef): Promise<LoadedModel> {
    if (!runsPython(await signature)) return await model;
    const late = Symbol('late');
    const first = await Promise.race([model, pause(patienceMs, late, { ref: false })]);
    if (first !== late) return first as LoadedModel;
    model.then(applyAgain, applyAgain);
    throw new StillLoading(`${bundle.model} version ${bundle.version} is being made ready.`);
  }

  function applyAgain(): void {
    if (latest !== undefined && !closed) void apply(latest);
  }

  /** One at a time, in the order they came. */
  function apply(snapshot: DataPlaneSnapshot): Promise<void> {
    latest = snapshot;
    applying = applying.catch(() => {}).then(() => (latest === snapshot ? switchAll(snapshot) : undefined));
    return applying;
  }

  async function switchAll(snapshot: DataPlaneSnapshot): Promise<void> {
    const next = new Map<string, EndpointState>();
    problems = new Map();
    for (const [index, document] of snapshot.endpoints.entries()) {
      // Others are answered on this thread.
      if (index % endpointsAtOnce === endpointsAtOnce - 1) await turn();
      const state = await switchEndpoint(document);
      if (state !== undefined) next.set(document.name, state);
    }
    const replaceKeys = await deps.access.prepare(
      snapshot.endpoints.flatMap(({ name, keys }) => keys.map((key) => ({ endpoint: name, key }))),
    );
    endpoints = next;
    replaceKeys();
    release(models, next, snapshot);
    const kept = [
      ...bundlesOf(snapshot.endpoints),
      ...[...next.values()].flatMap((state) => bundlesOf([state.document])),
    ];
    deps.bundles.keepOnly(kept);
    deps.python.keepOnly(await withSteps(kept));
  }

  /** The bundles, and those of their steps. */
  async function withSteps(bundles: readonly BundleRef[]): Promise<readonly BundleRef[]> {
    const every: BundleRef[] = [];
    for (const bundle of bundles) {
      const { pipeline } = await readSignature(bundle).catch(() => ({ pipeline: undefined }));
      const steps = pipeline === undefined ? [] : stepBundles(bundle, pipeline);
      every.push(bundle, ...steps.map((step) => step.bundle));
    }
    return every;
  }

  function readSignature(bundle: BundleRef): Promise<ModelSignature> {
    return parseSignature((name) => deps.bundles.read(bundle, name));
  }

  async function toPredictor(ref: PredictorRef, tolerant: boolean): Promise<Predictor> {
    if (ref.kind === 'rule') return ref;
    try {
      return { kind: 'version', bundle: ref.bundle, ...(await load(ref.bundle)) };
    } catch (error) {
      if (!tolerant) throw error;
      return {
        kind: 'version',
        bundle: ref.bundle,
        signature: await readSignature(ref.bundle),
        runner: brokenRunner(error),
      };
    }
  }

  /** Tolerant: a model that cannot be loaded becomes one that fails, so that the fallback answers. */
  async function build(document: ServedEndpoint, tolerant: boolean): Promise<EndpointState> {
    const arms: Arm[] = [];
    for (const arm of document.arms) {
      arms.push({
        role: arm.role,
        weight: arm.weight,
        predictor: await toPredictor(arm.predictor, tolerant),
      });
    }
    const shadow =
      document.shadow === null
        ? undefined
        : { share: document.shadow.share, predictor: await toPredictor(document.shadow.predictor, tolerant) };
    const fallback = document.fallback === null ? undefined : await toPredictor(document.fallback, tolerant);
    const ready: string[] = [];
    for (const bundle of document.standby) {
      await load(bundle);
      ready.push(bundle.modelVersionId);
    }
    standby.set(document.name, ready);
    const counters = endpoints.get(document.name)?.counters ?? createEndpointCounters();
    return createEndpointState(document, { arms, shadow, fallback }, counters);
  }

  async function switchEndpoint(document: ServedEndpoint): Promise<EndpointState | undefined> {
    const before = endpoints.get(document.name);
    try {
      const same = before !== undefined && JSON.stringify(before.document) === JSON.stringify(document);
      if (same && !makeshift.has(document.name)) return before;
      const state = await build(document, false);
      makeshift.delete(document.name);
      return state;
    } catch (error) {
      if (!(error instanceof StillLoading)) {
        deps.onProblem({ endpoint: document.name, error });
        const problem = error instanceof Error ? error.message : String(error);
        problems.set(document.name, { wantedRevision: document.revision, problem });
      }
      if (before !== undefined) return before;
      makeshift.add(document.name);
      return await build({ ...document, standby: [], shadow: null }, true).catch(() => undefined);
    }
  }

  return {
    find: (name) => endpoints.get(name),
    all: () => [...endpoints.values()],
    problems: () => problems,
    standbyReady: (endpoint) => standby.get(endpoint) ?? [],
    apply,
    async close() {
      closed = true;
      for (const { model } of models.values())
        await model.then(({ runner }) => runner.close()).catch(() => {});
      models.clear();
    },
  };
}

async function parseSignature(read: ReadFile): Promise<ModelSignature> {
  return ModelSignature.parse(JSON.parse(Buffer.from(await read('signature.json')).toString('utf8')));
}

/** The bundles that were frozen as steps of a pipeline, with their files by the names they have there. */
function stepBundles(
  { files }: BundleRef,
  { pinned }: PinnedPipeline,
): readonly { readonly step: string; readonly bundle: BundleRef }[] {
  return Object.entries(pinned).map(([step, { modelVersionId, model, version, digest }]) => {
    const folder = stepFolder(step);
    const own = files.filter(({ name }) => name.startsWith(folder));
    const named = own.map((file) => ({ ...file, name: file.name.slice(folder.length) }));
    return { step, bundle: { modelVersionId, model, version, digest, files: named } };
  });
}

function release(
  models: Map<string, LoadingModel>,
  endpoints: ReadonlyMap<string, EndpointState>,
  snapshot: DataPlaneSnapshot,
): void {
  const served = [...endpoints.values()].map((state) => state.document);
  const used = new Set(bundlesOf([...snapshot.endpoints, ...served]).map((bundle) => bundle.digest));
  for (const [digest, { model }] of models) {
    if (used.has(digest)) continue;
    models.delete(digest);
    setTimeout(() => void model.then(({ runner }) => runner.close()).catch(() => {}), closeDelayMs).unref();
  }
}

/** Every bundle that some endpoint names. */
function bundlesOf(endpoints: readonly ServedEndpoint[]): BundleRef[] {
  const bundles: BundleRef[] = [];
  for (const endpoint of endpoints) {
    const refs = [
      ...endpoint.arms.map((arm) => arm.predictor),
      endpoint.shadow?.predictor,
      endpoint.fallback,
    ];
    for (const ref of refs) if (ref?.kind === 'version') bundles.push(ref.bundle);
    bundles.push(...endpoint.standby);
  }
  return bundles;
}

function brokenRunner(error: unknown): ModelRunner {
  const reason = error instanceof Error ? error : new Error(String(error));
  return {
    coldMs: 0,
    run: () => Promise.reject(reason),
    runAndKill: () => Promise.reject(reason),
    waiting: () => 0,
    engine: 'process',
    memoryBytes: () => 0,
    async close() {},
  };
}
