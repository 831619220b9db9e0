import type {
  DesiredEndpoint,
  DesiredPredictor,
  FallbackDrillReport,
  ModelExamples,
  RollbackDrillReport,
  ServableVersion,
} from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import { exampleRow } from '../../registry/index.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { DataPlane } from '../data-plane/data-plane-service.ts';
import type { FeatureRow, ModelAnswer, ModelClient } from '../data-plane/model-client.ts';
import { fullTraffic, primaryVersion } from '../endpoints/desired-endpoint.ts';
import type { EndpointRecord } from '../endpoints/endpoint-store.ts';
import type { EndpointsService } from '../endpoints/endpoints-service.ts';
import { recordReport } from './record-report.ts';

export interface DrillsDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
  readonly endpoints: EndpointsService;
  readonly dataPlane: DataPlane;
  readonly registry: {
    findVersion(workspace: string, id: string): Promise<ServableVersion | undefined>;
    examples(version: ServableVersion): Promise<ModelExamples>;
    listVersions(
      workspace: string,
      filter: { model: string; limit: number },
    ): Promise<readonly ServableVersion[]>;
  };
}

/**
 * Practice on a twin: an endpoint beside the real one, on the live model server, with the same model and fallback and no
 * users. What fails there fails nobody.
 */
export interface Drills {
  /** Rule D06: ends the model's thread under a request, then lets it hang, and asks who answers. */
  fallback(
    context: RequestContext,
    endpoint: string,
    modelVersionId: string | undefined,
  ): Promise<FallbackDrillReport>;
  /** Rule D14: gives a version the traffic, takes it back the way a rollback does, and times it. */
  rollback(
    context: RequestContext,
    endpoint: string,
    modelVersionId: string | undefined,
  ): Promise<RollbackDrillReport>;
}

const serveTimeoutMs = 60_000;
const drillTimeoutMs = 300;
const proofAnswers = 50;

export function createDrills(deps: DrillsDeps): Drills {
  const { endpoints, dataPlane } = deps;

  /** The version named, else the live one, else the newest of the model. */
  async function pickVersion(
    workspace: string,
    endpoint: EndpointRecord,
    id: string | undefined,
  ): Promise<ServableVersion> {
    const wanted = id ?? primaryVersion(endpoint.desired);
    const version =
      wanted === undefined
        ? (await deps.registry.listVersions(workspace, { model: endpoint.model, limit: 1 }))[0]
        : await deps.registry.findVersion(workspace, wanted);
    if (version === undefined)
      throw esteiraError('ENDPOINT_STATE', {
        endpoint: endpoint.name,
        problem: 'there is no version to drill with',
      });
    return version;
  }

  async function firstRow(version: ServableVersion): Promise<FeatureRow> {
    return exampleRow(await deps.registry.examples(version), 0);
  }

  async function onTwin<T>(
    context: RequestContext,
    endpoint: string,
    desired: DesiredEndpoint,
    version: ServableVersion,
    drill: (twin: string, client: ModelClient) => Promise<T>,
  ): Promise<T> {
    const twin = await endpoints.createTwin(context, endpoint, desired);
    try {
      await dataPlane.waitServed(
        context.workspace,
        { endpoint: twin.name, revision: twin.revision },
        { timeoutMs: serveTimeoutMs },
      );
      const client = await dataPlane.probe(context.workspace, twin.name, version);
      try {
        return await drill(twin.name, client);
      } finally {
        client.close();
      }
    } finally {
      await endpoints.removeTwin(context, twin.name);
    }
  }

  async function change(
    context: RequestContext,
    twin: string,
    apply: (desired: DesiredEndpoint) => DesiredEndpoint,
  ): Promise<void> {
    const { revision } = await endpoints.revise(context, twin, { change: apply, reason: 'drill' });
    await dataPlane.waitServed(
      context.workspace,
      { endpoint: twin, revision },
      { timeoutMs: serveTimeoutMs },
    );
  }

  return {
    async fallback(context, name, modelVersionId) {
      const endpoint = await endpoints.require(context.workspace, name);
      const { fallback } = endpoint.desired;
      if (fallback === null)
        throw esteiraError('ENDPOINT_STATE', { endpoint: name, problem: 'it has no fallback' });
      const version = await pickVersion(context.workspace, endpoint, modelVersionId);
      if (fallback.kind === 'version' && fallback.modelVersionId === version.id)
        throw esteiraError('FALLBACK_IS_ITSELF');
      const limits = { ...endpoint.desired.limits, timeoutMs: drillTimeoutMs };
      const desired = fullTraffic(
        { ...endpoint.desired, readAs: null, limits },
        { kind: 'version', modelVersionId: version.id },
      );
      const row = await firstRow(version);
      const answers: FallbackDrillReport['answers'] = [];
      await onTwin(context, name, desired, version, async (twin, client) => {
        answers.push(describe('none', await client.ask(row)));
        for (const fault of ['kill', 'timeout'] as const) {
          await change(context, twin, (current) => ({ ...current, fault }));
          answers.push(describe(fault, await client.ask(row)));
        }
      });
      const killed = answers.some((answer) => answer.fault === 'kill' && answer.reason === 'MODEL_FAILED');
      const passed = answers.every(
        (answer) => answer.status === 200 && answer.fallback === (answer.fault !== 'none'),
      );
      const report: FallbackDrillReport = {
        id: deps.ids.next('fd'),
        endpoint: name,
        kind: fallback.kind,
        modelVersionId: fallback.kind === 'version' ? fallback.modelVersionId : null,
        killedVersionId: version.id,
        killed,
        passed: passed && killed,
        answers,
        at: deps.clock.now(),
      };
      await recordReport(deps, context, {
        kind: 'fallback-drill',
        endpoint: name,
        modelVersionId: version.id,
        document: report,
        audited: {
          subject: { kind: 'endpoint', id: name },
          details: { passed: report.passed, killed, killedVersionId: version.id },
        },
      });
      return report;
    },

    async rollback(context, name, modelVersionId) {
      const endpoint = await endpoints.require(context.workspace, name);
      const version = await pickVersion(context.workspace, endpoint, modelVersionId);
      const candidate: DesiredPredictor = { kind: 'version', modelVersionId: version.id };
      const former = await formerPredictor(deps, context.workspace, endpoint, version);
      const row = await firstRow(version);
      const steps: string[] = [];
      const start = fullTraffic({ ...endpoint.desired, fallback: null, readAs: version.id }, former);
      const outcome = await onTwin(context, name, start, version, async (twin, client) => {
        steps.push(
          `the former predictor (${named(former)}) answered with status ${(await client.ask(row)).status}`,
        );
        await change(context, twin, (desired) => fullTraffic(desired, candidate));
        const before = await client.ask(row);
        steps.push(
          `version ${version.version} was given all traffic and answered with status ${before.status}`,
        );
        const decided = performance.now();
        await change(context, twin, (desired) => fullTraffic(desired, former));
        steps.push('the former state was put back and the model server reported it');
        let candidateAnswersAfter = 0;
        let failures = 0;
        for (let asked = 0; asked < proofAnswers; asked++) {
          const answer = await client.ask(row);
          if (answer.status !== 200) failures += 1;
          if (answer.version === String(version.version)) candidateAnswersAfter += 1;
        }
        const durationMs = performance.now() - decided;
        steps.push(
          `${proofAnswers} questions after it: ${candidateAnswersAfter} answered by the version taken back, ${failures} failed`,
        );
        const candidateHadTraffic = before.status === 200 && before.version === String(version.version);
        return {
          durationMs,
          candidateAnswersAfter,
          succeeded: candidateHadTraffic && candidateAnswersAfter === 0 && failures === 0,
        };
      });
      const report: RollbackDrillReport = {
        id: deps.ids.next('rd'),
        endpoint: name,
        candidateVersionId: version.id,
        ...outcome,
        steps,
        at: deps.clock.now(),
      };
      await recordReport(deps, context, {
        kind: 'rollback-drill',
        endpoint: name,
        modelVersionId: version.id,
        document: report,
        audited: {
          subject: { kind: 'endpoint', id: name },
          details: {
            succeeded: report.succeeded,
            durationMs: report.durationMs,
            candidateVersionId: version.id,
          },
        },
      });
      return report;
    },
  };
}

/** What the drill goes back to: the live version when it is another one, else the fallback, else a rule that says 0. */
async function formerPredictor(
  deps: DrillsDeps,
  workspace: string,
  endpoint: EndpointRecord,
  version: ServableVersion,
): Promise<DesiredPredictor> {
  const live = primaryVersion(endpoint.desired);
  if (live !== undefined && live !== version.id) return { kind: 'version', modelVersionId: live };
  const { fallback } = endpoint.desired;
  if (fallback !== null && !(fallback.kind === 'version' && fallback.modelVersionId === version.id))
    return fallback;
  const other = (await deps.registry.listVersions(workspace, { model: endpoint.model, limit: 10 })).find(
    (candidate) => candidate.id !== version.id,
  );
  return other === undefined
    ? { kind: 'rule', rule: { kind: 'constant', score: 0 } }
    : { kind: 'version', modelVersionId: other.id };
}

function describe(fault: string, answer: ModelAnswer): FallbackDrillReport['answers'][number] {
  return {
    fault,
    status: answer.status,
    fallback: answer.fallback,
    reason: answer.fallbackReason,
    ms: answer.ms,
  };
}

function named(predictor: DesiredPredictor): string {
  return predictor.kind === 'rule' ? 'a rule' : predictor.modelVersionId;
}
