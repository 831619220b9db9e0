import type {
  BenchmarkReport,
  DesiredEndpoint,
  IntegrationTestReport,
  ModelExamples,
  ServableVersion,
} from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { exampleRow } from '../../registry/index.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { FeatureRow } from '../data-plane/model-client.ts';
import { compareAnswer } from './compare-answer.ts';
import { machineClass } from './machine-class.ts';
import { type LoadPlan, measureLoad } from './measure-load.ts';
import { recordReport } from './record-report.ts';
import { startTrialServer, type TrialDeps } from './trial-server.ts';

export interface TrialsDeps extends TrialDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly registry: {
    findVersion(workspace: string, id: string): Promise<ServableVersion | undefined>;
    examples(version: ServableVersion): Promise<ModelExamples>;
  };
}

/** Versions tried and measured in the serving runtime before anybody depends on them. */
export interface Trials {
  /** Rule D03. Throws MODEL_VERSION_NOT_FOUND, TRIAL_FAILED. */
  integrationTests(
    context: RequestContext,
    modelVersionId: string,
    limits: DesiredEndpoint['limits'],
  ): Promise<IntegrationTestReport>;
  /** Rules D04 and D05. */
  benchmark(context: RequestContext, request: BenchmarkRequest): Promise<BenchmarkReport>;
}

interface BenchmarkRequest {
  readonly endpoint: string;
  readonly modelVersionId: string;
  readonly desired: DesiredEndpoint;
  readonly load: LoadPlan;
  /** What is asked, by feature; the stored examples unless given. */
  readonly rows?: readonly Readonly<Record<string, number | string | null>>[] | undefined;
}

const failuresKept = 10;

export function createTrials(deps: TrialsDeps): Trials {
  async function requireVersion(workspace: string, id: string): Promise<ServableVersion> {
    const version = await deps.registry.findVersion(workspace, id);
    if (version === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: id });
    return version;
  }

  async function storedRows(version: ServableVersion): Promise<FeatureRow[]> {
    const examples = await deps.registry.examples(version);
    return examples.rows.map((_, row) => exampleRow(examples, row));
  }

  return {
    async integrationTests(context, modelVersionId, limits) {
      const version = await requireVersion(context.workspace, modelVersionId);
      const examples = await deps.registry.examples(version);
      if (examples.expected.length === 0) {
        const problem = `${version.model} version ${version.version} has no cases with true answers; register it with cases.json`;
        throw esteiraError('TRIAL_FAILED', { problem });
      }
      const server = await startTrialServer(deps, version, plainDesired(limits));
      const failures: IntegrationTestReport['failures'] = [];
      try {
        for (const [example, expected] of examples.expected.entries()) {
          const answer = await server.client.ask(exampleRow(examples, example));
          const problem = compareAnswer(answer, expected, version);
          if (problem !== undefined)
            failures.push({ example, expected, actual: answer.score ?? null, problem });
        }
      } finally {
        await server.stop();
      }
      const report: IntegrationTestReport = {
        id: deps.ids.next('it'),
        modelVersionId,
        bundleDigest: version.digest,
        passed: examples.expected.length - failures.length,
        failed: failures.length,
        runtime: 'model-server',
        examplesFrom: version.examplesFrom,
        failures: failures.slice(0, failuresKept),
        at: deps.clock.now(),
      };
      await recordReport(deps, context, {
        kind: 'integration-tests',
        modelVersionId,
        document: report,
        audited: {
          subject: { kind: 'model-version', id: modelVersionId },
          details: { passed: report.passed, failed: report.failed, bundleDigest: report.bundleDigest },
        },
      });
      return report;
    },

    async benchmark(context, request) {
      const version = await requireVersion(context.workspace, request.modelVersionId);
      const rows = request.rows?.map((row) => new Map(Object.entries(row))) ?? (await storedRows(version));
      if (rows.length === 0)
        throw esteiraError('TRIAL_FAILED', { problem: 'the version has no stored examples' });
      const server = await startTrialServer(deps, version, request.desired);
      const { sent, ...measured } = await measureLoad(server.client, rows, request.load).catch(
        async (error: unknown) => {
          await server.stop();
          throw error;
        },
      );
      const end = await server.stop();
      const report: BenchmarkReport = {
        id: deps.ids.next('bm'),
        endpoint: request.endpoint,
        modelVersionId: version.id,
        machineClass: machineClass(),
        ratePerSecond: request.load.ratePerSecond,
        sla: request.load.sla,
        coldIncluded: true,
        ...measured,
        modelBytes: version.bytes,
        peakMemoryBytes: end.peakMemoryBytes,
        cpuMsPerRequest: ((end.cpuSeconds - server.startCpuSeconds) * 1000) / sent,
        at: deps.clock.now(),
      };
      await recordReport(deps, context, {
        kind: 'benchmark',
        endpoint: request.endpoint,
        modelVersionId: version.id,
        document: report,
        audited: {
          subject: { kind: 'model-version', id: version.id },
          details: {
            endpoint: request.endpoint,
            p95Ms: report.p95Ms,
            throughputPerSecond: report.throughputPerSecond,
            peakMemoryBytes: report.peakMemoryBytes,
            errors: report.errors,
          },
        },
      });
      return report;
    },
  };
}

function plainDesired(limits: DesiredEndpoint['limits']): DesiredEndpoint {
  return { arms: [], shadow: null, standby: [], fallback: null, readAs: null, fault: null, limits };
}
