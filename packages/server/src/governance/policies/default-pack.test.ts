import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GateSubject, JsonValue } from '@esteira/contracts';
import { deployment } from '../governance.fixture.ts';
import type { EvidenceFound } from './evidence.ts';
import { compileRule, judgeRule } from './judge-rule.ts';
import { passingEvidence } from './passing-evidence.fixture.ts';
import { loadDefaultPack } from './policy-pack.ts';

const now = Date.UTC(2026, 2, 1);
const pack = await loadDefaultPack();
const compiled = new Map(pack.rules.map((rule) => [rule.id, compileRule(rule)]));

describe('the default policy pack', () => {
  it('passes a deployment that has everything', () => {
    for (const id of compiled.keys()) {
      const report = judge(id, passingEvidence(now));
      assert.equal(report.verdict, 'pass', `${id}: ${report.reason}`);
      assert.doesNotMatch(report.reason, /unknown|\{\{/, id);
    }
  });

  it('holds every rule of the release under its permanent id', () => {
    const ids = 'T01 T02 T03 T04 T05 T06 T10 D01 D02 D03 D04 D05 D06 D07 D08 D11 D12 D13 D14 P01 P03 P04 P06';
    assert.deepEqual([...compiled.keys()], ids.split(' '));
  });

  it('fails every rule whose evidence is missing, and says so', () => {
    for (const rule of pack.rules) {
      for (const name of rule.evidence) {
        const evidence = passingEvidence(now);
        evidence.delete(name);
        const report = judge(rule.id, evidence);
        assert.equal(report.verdict, 'fail', rule.id);
        assert.match(report.reason, new RegExp(`no evidence found: ${name}`));
        assert.notEqual(report.todo, '');
      }
    }
  });

  it('fails every rule whose evidence is empty, never passing by silence', () => {
    for (const rule of pack.rules) {
      for (const empty of [{}, null, [], '', 0, false, 'pass']) {
        const evidence = passingEvidence(now);
        for (const name of rule.evidence) evidence.set(name, empty as JsonValue);
        assert.equal(judge(rule.id, evidence).verdict, 'fail', `${rule.id} on ${JSON.stringify(empty)}`);
      }
    }
  });

  it('does not ask for explanations where the risk is limited', () => {
    const evidence = changed('project', { riskClass: 'limited' });
    evidence.delete('explanation');
    assert.equal(judge('D11', evidence).verdict, 'not-applicable');
  });

  it('lets the first model of an endpoint pass without a live one to compare with', () => {
    const evidence = changed('endpoint', { currentModelVersionId: null, currentTrainedModelId: null });
    change(evidence, 'comparison', { vsCurrent: null });
    assert.equal(judge('D02', evidence).verdict, 'pass');
  });

  it('accepts a shadow alone as online comparison', () => {
    const evidence = changed('rollout', { arms: [], srmP: null });
    assert.equal(judge('D13', evidence).verdict, 'pass');
  });

  it('accepts a statement where no sensitive attribute exists', () => {
    const evidence = changed('project', {
      sensitiveAttributes: [],
      sensitiveStatement: 'No person is concerned.',
    });
    change(evidence, 'fairness', { attributes: [] });
    assert.equal(judge('D08', evidence).verdict, 'pass');
  });

  for (const [rule, attempt, name, change, reason] of waysAround()) {
    it(`${rule} refuses ${attempt}`, () => {
      const report = judge(rule, changed(name, change));
      assert.equal(report.verdict, 'fail');
      assert.match(report.reason, reason);
    });
  }
});

type Attempt = readonly [rule: string, attempt: string, name: string, change: Patch, reason: RegExp];
type Patch = Readonly<Record<string, unknown>>;

function waysAround(): readonly Attempt[] {
  const day = 86_400_000;
  const validated = part('data', 'versions', 1);
  const trained = part('data', 'versions', 0);
  const validation = { ...(validated.validation as object) };
  const withValidation = (change: Patch) => ({
    versions: [trained, { ...validated, validation: { ...validation, ...change } }],
  });
  const parts = part('split', 'parts');
  const leakage = part('split', 'leakage');
  const metric = part('project', 'successMetric');
  const baseline = part('comparison', 'baseline');
  const vsCurrent = part('comparison', 'vsCurrent');
  const attribute = part('fairness', 'attributes', 0);
  const approval = part('change', 'approvals', 0);
  return [
    [
      'T01',
      'a dataset digest nobody knows',
      'version',
      { datasetVersions: [{ id: 'dsv_9', digest: 'sha256:d2' }] },
      /not known/,
    ],
    [
      'T01',
      'a known id with other bytes',
      'version',
      { datasetVersions: [{ id: 'dsv_2', digest: 'sha256:xx' }] },
      /not known/,
    ],
    ['T01', 'a model without data', 'version', { datasetVersions: [] }, /no dataset version/],
    [
      'T01',
      'data without a source',
      'data',
      { versions: [trained, { ...validated, sourceFiles: 0 }] },
      /no source file/,
    ],
    [
      'T01',
      'a derived version that claims no parents',
      'data',
      { versions: [{ ...trained, parents: [] }, validated] },
      /lost/,
    ],
    [
      'T01',
      'nothing but derived versions',
      'data',
      { versions: [{ ...trained, parents: ['dsv_2'] }] },
      /no source file/,
    ],
    [
      'T02',
      'the validation of another version',
      'data',
      withValidation({ versionId: 'dsv_0' }),
      /of its own/,
    ],
    ['T02', 'a refused version', 'data', withValidation({ outcome: 'refused' }), /refused/],
    [
      'T02',
      'a contract without distribution checks',
      'data',
      withValidation({ distribution: false }),
      /does not check/,
    ],
    ['T02', 'a contract loosened for the occasion', 'data', withValidation({ loosened: true }), /loosened/],
    ['T02', 'a version called derived to escape', 'data', { versions: [trained] }, /no ingested/],
    ['T03', 'another split', 'split', { id: 'spl_9' }, /another split/],
    ['T03', 'a split without seed', 'split', { seed: null }, /seed/],
    ['T03', 'shared rows', 'split', { leakage: { ...leakage, sharedRows: 3 } }, /3 row/],
    ['T03', 'training on the future', 'split', { leakage: { ...leakage, timeOverlap: true } }, /later/],
    ['T03', 'an unchecked split', 'split', { leakage: { ...leakage, checked: false } }, /not checked/],
    [
      'T03',
      'the training part as test part',
      'split',
      { parts: { ...parts, test: parts.train } },
      /the same/,
    ],
    [
      'T04',
      'a baseline on other rows',
      'comparison',
      { baseline: { ...baseline, testDigest: 'sha256:zz' } },
      /were not evaluated/,
    ],
    [
      'T04',
      'a weaker baseline than the project names',
      'comparison',
      { baseline: { ...baseline, name: 'constant' } },
      /constant/,
    ],
    [
      'T05',
      'a margin edited after the run',
      'project',
      { successMetric: { ...metric, margin: 0 } },
      /edited after/,
    ],
    ['T05', 'a project opened after the run', 'run', { startedAt: now - 10 * day }, /no record/],
    [
      'T05',
      'a margin lowered after the result, with its history',
      'project',
      editedAfterTheRun(),
      /edited after/,
    ],
    ['T06', 'a dirty tree without its diff', 'run', { dirty: true }, /changes that are not recorded/],
    ['T06', 'a run without seeds', 'run', { seeds: {} }, /no seed/],
    ['T06', 'another run', 'run', { id: 'run_9' }, /another run/],
    [
      'T10',
      'a day above what was consented to',
      'spending',
      { overruns: [{ day: '2026-02-27', amount: 80, allowed: 50 }] },
      /2026-02-27/,
    ],
    [
      'D01',
      'an artifact swapped after registration',
      'version',
      { bytesDigestNow: 'sha256:ff' },
      /stored bytes/,
    ],
    ['D01', 'another version', 'version', { id: 'mv_1' }, /mv_1/],
    [
      'D01',
      'a version without signature',
      'version',
      { signature: { inputs: [], outputs: [] } },
      /signature/,
    ],
    ['D02', 'a cherry-picked slice', 'comparison', { slice: 'origin=JFK' }, /whole test part/],
    [
      'D02',
      'an advantage within the margin',
      'comparison',
      { baseline: { ...baseline, lower: 0.004 } },
      /must be shown to exceed/,
    ],
    [
      'D02',
      'an advantage that cannot be computed',
      'comparison',
      { baseline: { ...baseline, lower: null } },
      /does not tell/,
    ],
    [
      'D02',
      'leaving out the live model',
      'comparison',
      { vsCurrent: null },
      /not compared with the model now live/,
    ],
    [
      'D02',
      'comparing with an older live model',
      'comparison',
      { vsCurrent: { ...vsCurrent, trainedModelId: 'tm_0' } },
      /not compared/,
    ],
    [
      'D02',
      'a model worse than the live one',
      'comparison',
      { vsCurrent: { ...vsCurrent, lower: -0.02 } },
      /may be worse/,
    ],
    ['D02', 'a narrower interval', 'comparison', { alpha: 0.5 }, /level/],
    ['D02', 'the metric it is good at', 'comparison', { metric: 'roc_auc' }, /judged by/],
    [
      'D03',
      'examples made by the model itself',
      'integrationTests',
      { examplesFrom: 'model' },
      /made by the model/,
    ],
    ['D03', 'tests without examples', 'integrationTests', { passed: 0 }, /only 0/],
    ['D03', 'tests of another bundle', 'integrationTests', { bundleDigest: 'sha256:00' }, /another bundle/],
    ['D04', 'the benchmark of another version', 'latency', { modelVersionId: 'mv_1' }, /another version/],
    ['D04', 'a warm cache only', 'latency', { coldIncluded: false }, /first requests/],
    ['D04', 'a faster machine', 'latency', { machineClass: 'linux-x64-64' }, /linux-x64-64/],
    ['D04', 'a slow model', 'latency', { p95Ms: 20.5 }, /20\.5 ms; the SLA allows 20 ms/],
    ['D04', 'a benchmark full of errors', 'latency', { errors: 1 }, /failed/],
    ['D04', 'a handful of requests', 'latency', { requests: 5 }, /only 5/],
    ['D05', 'a model that is too large', 'resources', { modelBytes: 20_000_000 }, /20000000/],
    ['D05', 'memory that was not measured', 'resources', { peakMemoryBytes: null }, /not measured/],
    ['D06', 'a fallback to the same version', 'fallback', { modelVersionId: 'mv_2' }, /very version/],
    ['D06', 'a fallback never exercised', 'fallback', { exercisedAt: null, passed: false }, /no drill/],
    ['D06', 'a drill that killed nothing', 'fallback', { killed: false }, /no drill/],
    ['D07', 'a paused monitor', 'monitor', { paused: true }, /paused/],
    ['D07', 'alerts routed nowhere', 'monitor', { route: null }, /go nowhere/],
    ['D07', 'the monitor of another endpoint', 'monitor', { endpoint: 'other' }, /another endpoint/],
    ['D08', 'an attribute dropped from the evaluation', 'fairness', { attributes: [] }, /was not measured/],
    ['D08', 'no attributes and no statement', 'project', { sensitiveAttributes: [] }, /no statement/],
    [
      'D08',
      'a group too small to tell',
      'fairness',
      { attributes: [{ ...attribute, smallestGroup: 4 }] },
      /less than 30/,
    ],
    [
      'D08',
      'a measure over its limit',
      'fairness',
      { attributes: [{ ...attribute, withinLimit: false }] },
      /origin_region/,
    ],
    ['D11', 'explanations of another model', 'explanation', { evaluationId: 'ev_1' }, /another model/],
    [
      'D12',
      'approval through an own service account',
      'change',
      { approvals: [{ ...approval, independent: false }] },
      /act/,
    ],
    [
      'D12',
      'approval of an earlier plan',
      'change',
      { approvals: [{ ...approval, digest: 'sha256:old' }] },
      /another plan/,
    ],
    ['D12', 'no approvals required', 'change', { approvals: [], required: 0 }, /0 of 0/],
    [
      'D13',
      'a canary without traffic',
      'rollout',
      {
        arms: [
          { arm: 'primary', requests: 900 },
          { arm: 'canary', requests: 0 },
        ],
        shadow: null,
      },
      /too few/,
    ],
    ['D13', 'a sample-ratio mismatch', 'rollout', { srmP: 0.0001 }, /not split as planned/],
    ['D13', 'a comparison that has not concluded', 'rollout', { concluded: false }, /not concluded/],
    ['D13', 'the comparison of another version', 'rollout', { modelVersionId: 'mv_1' }, /another version/],
    ['D14', 'a drill on another endpoint', 'rollbackDrill', { endpoint: 'other' }, /another endpoint/],
    ['D14', 'a drill of long ago', 'rollbackDrill', { at: now - 31 * day }, /older than 30/],
    ['P01', 'silence without end', 'alertRoutes', { silencedWithoutEnd: 1 }, /silenced/],
    [
      'P01',
      'a route nobody has answered',
      'alertRoutes',
      { routes: [{ name: 'x', acknowledgedTestAt: null }] },
      /acknowledged/,
    ],
    ['P01', 'alerts switched off', 'alertRoutes', { kinds: ['drift'] }, /only/],
    ['P03', 'a policy that is switched off', 'retrainingPolicy', { enabled: false }, /off/],
    ['P04', 'predictions missing from the log', 'predictionLog', { logged: 979 }, /979/],
    ['P06', 'a door without a key', 'doors', { open: ['/v2/models/x/infer'] }, /without a key/],
    ['P06', 'callers without limit', 'doors', { rateLimited: false }, /not limited/],
  ];
}

/** The team lowered the margin today: today's record differs from the one in force when the run started. */
function editedAfterTheRun(): Patch {
  const before = part('project', 'successMetric');
  const after = { ...before, margin: 0 };
  return {
    successMetric: after,
    history: [
      { from: now - 30 * 86_400_000, until: now - 1000, successMetric: before },
      { from: now - 1000, until: Number.MAX_SAFE_INTEGER, successMetric: after },
    ],
  };
}

function part(name: string, ...path: (string | number)[]): Record<string, unknown> {
  let value: unknown = passingEvidence(now).get(name);
  for (const key of path) value = (value as Record<string | number, unknown>)[key];
  return value as Record<string, unknown>;
}

function changed(name: string, patch: Patch): Map<string, JsonValue> {
  const evidence = passingEvidence(now);
  change(evidence, name, patch);
  return evidence;
}

function change(evidence: Map<string, JsonValue>, name: string, patch: Patch): void {
  evidence.set(name, { ...(evidence.get(name) as object), ...patch } as JsonValue);
}

function judge(id: string, values: ReadonlyMap<string, JsonValue>, subject: GateSubject = deployment) {
  const rule = compiled.get(id);
  assert.ok(rule, id);
  const evidence = new Map<string, EvidenceFound>();
  for (const [name, value] of values) evidence.set(name, { kind: 'found', value });
  return judgeRule(rule, evidence, subject, now);
}
