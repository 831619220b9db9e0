import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { esteiraError } from '../../kernel/errors.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { deployment, openGovernanceFixture } from '../governance.fixture.ts';
import { createEvidence } from './evidence.ts';

describe('policies', () => {
  it('judge a deployment and name the rules that stand in its way, with what to do', async () => {
    const fixture = await openGovernanceFixture();
    const { governance, engineer, evidence } = fixture;
    const good = await governance.policies.evaluate(engineer, deployment, 'plan');
    assert.equal(good.passed, true);
    assert.deepEqual(verdicts(good, 'not-applicable'), ['D12', 'D13', 'P04']);

    evidence.set('monitor', undefined);
    const bad = await governance.policies.evaluate(engineer, deployment, 'plan');
    assert.equal(bad.passed, false);
    assert.deepEqual(verdicts(bad, 'fail'), ['D07']);
    assert.match(bad.rules.find((rule) => rule.id === 'D07')?.todo ?? '', /monitor/);
    await fixture.close();
  });

  it('ask less of staging and nothing of development', async () => {
    const fixture = await openGovernanceFixture();
    const { governance, engineer, evidence } = fixture;
    evidence.clear();
    const at = (stage: 'staging' | 'development') => {
      return governance.policies.evaluate(engineer, { ...deployment, stage }, 'plan');
    };
    assert.ok(!verdicts(await at('staging'), 'fail').some((id) => id.startsWith('P')));
    assert.ok(verdicts(await at('staging'), 'fail').includes('D01'));
    assert.deepEqual((await at('development')).rules, []);
    await fixture.close();
  });

  it('judge the rules of full traffic when it is about to be given', async () => {
    const fixture = await openGovernanceFixture();
    const { governance, engineer } = fixture;
    const report = await governance.policies.evaluate(engineer, deployment, 'full-traffic');
    assert.deepEqual(
      report.rules.map((rule) => rule.id),
      ['D12', 'D13', 'P04'],
    );
    assert.deepEqual(verdicts(report, 'fail'), ['D12'], 'no change is at work on the endpoint');
    await fixture.close();
  });

  it('are replaced only by those who may, and tell that they were', async () => {
    const fixture = await openGovernanceFixture();
    const { governance, engineer, owner } = fixture;
    const overlay = { rules: [], tightened: [], disabled: [], approvals: { production: 2 } };
    await assert.rejects(governance.policies.putOverlay(engineer, overlay), { code: 'FORBIDDEN' });
    assert.equal(await governance.policies.approvalsFor('default', 'production'), 1);
    const put = await governance.policies.putOverlay(owner, overlay);
    assert.equal(put.policy, 'default@1+1');
    assert.equal(await governance.policies.approvalsFor('default', 'production'), 2);
    assert.equal(await governance.policies.approvalsFor('another', 'production'), 1);
    const audited = await fixture.audit.list(
      'default',
      { action: 'governance.policies.replaced' },
      { limit: 10 },
    );
    assert.equal(audited.items.length, 1);
    await fixture.close();
  });

  it('let a workspace switch a default rule off in staging, with the reason shown', async () => {
    const fixture = await openGovernanceFixture();
    const { governance, engineer, owner, evidence } = fixture;
    evidence.set('integrationTests', undefined);
    const disabled = [{ rule: 'D03', stages: ['staging' as const], reason: 'staging has no examples' }];
    await governance.policies.putOverlay(owner, { rules: [], tightened: [], disabled, approvals: {} });
    const staging = await governance.policies.evaluate(engineer, { ...deployment, stage: 'staging' }, 'plan');
    assert.match(staging.rules.find((rule) => rule.id === 'D03')?.reason ?? '', /no examples/);
    assert.equal(staging.passed, true);
    assert.deepEqual(verdicts(await governance.policies.evaluate(engineer, deployment, 'plan'), 'fail'), [
      'D03',
    ]);
    await fixture.close();
  });
});

describe('a waiver', () => {
  it('excepts one rule for one version until its end, and only with the consent of somebody else', async () => {
    const fixture = await openGovernanceFixture();
    const { governance, engineer, approver, evidence, time } = fixture;
    evidence.set('monitor', undefined);
    const judge = async () =>
      verdicts(await governance.policies.evaluate(engineer, deployment, 'plan'), 'fail');
    const waiver = await request(fixture, engineer, { modelVersionId: 'mv_2' });
    assert.equal(waiver.state, 'requested');
    assert.deepEqual(await judge(), ['D07']);

    await assert.rejects(decide(fixture, engineer, 'approveWaiver', waiver.id), { code: 'FORBIDDEN' });
    await decide(fixture, approver, 'approveWaiver', waiver.id);
    assert.deepEqual(await judge(), []);
    const other = await governance.policies.evaluate(
      engineer,
      { ...deployment, modelVersionId: 'mv_3' },
      'plan',
    );
    assert.ok(verdicts(other, 'fail').includes('D07'));

    time.now += 31 * 86_400_000;
    assert.ok((await judge()).includes('D07'));
    await fixture.close();
  });

  it('is not approved by its requester, nor through a service account of theirs', async () => {
    const fixture = await openGovernanceFixture();
    const { owner, identity } = fixture;
    const waiver = await request(fixture, owner, {});
    await assert.rejects(decide(fixture, owner, 'approveWaiver', waiver.id), {
      code: 'APPROVAL_OF_OWN_CHANGE',
    });
    const bot = await identity.issueServiceToken(owner, { name: 'bot', roles: ['approver'] });
    const botContext = await fixture.contextOf(bot.userId);
    await assert.rejects(decide(fixture, botContext, 'approveWaiver', waiver.id), {
      code: 'APPROVAL_OF_OWN_CHANGE',
    });
    await assert.rejects(decide(fixture, fixture.system, 'approveWaiver', waiver.id), {
      code: 'APPROVAL_OF_OWN_CHANGE',
    });
    await fixture.close();
  });

  it('can be declined, or ended before its time, and is then of no effect', async () => {
    const fixture = await openGovernanceFixture();
    const { governance, engineer, approver, evidence } = fixture;
    evidence.set('monitor', undefined);
    const waiver = await request(fixture, engineer, {});
    await decide(fixture, approver, 'approveWaiver', waiver.id);
    await decide(fixture, approver, 'rejectWaiver', waiver.id);
    assert.equal((await governance.policies.evaluate(engineer, deployment, 'plan')).passed, false);
    await assert.rejects(decide(fixture, approver, 'approveWaiver', waiver.id), { code: 'WAIVER_DECIDED' });
    const audited = await fixture.audit.list('default', { subjectId: waiver.id }, { limit: 10 });
    const actions = audited.items.map((entry) => entry.action);
    assert.deepEqual(
      actions.sort(),
      ['approved', 'requested', 'revoked'].map((verb) => `governance.waiver.${verb}`),
    );
    await fixture.close();
  });

  it('has a rule in force, and an end within 90 days', async () => {
    const fixture = await openGovernanceFixture();
    const { engineer, time } = fixture;
    await assert.rejects(request(fixture, engineer, { rule: 'D99' }), { code: 'WAIVER_INVALID' });
    await assert.rejects(request(fixture, engineer, { expiresAt: time.now }), { code: 'WAIVER_INVALID' });
    await assert.rejects(request(fixture, engineer, { expiresAt: time.now + 91 * 86_400_000 }), {
      code: 'WAIVER_INVALID',
    });
    await fixture.close();
  });
});

describe('evidence', () => {
  it('is read once, also when rooms ask for each other’s', async () => {
    const evidence = createEvidence({ logger: silentLogger });
    let reads = 0;
    evidence.register({
      name: 'version',
      read: async () => {
        reads++;
        return { runId: 'run_1' };
      },
    });
    evidence.register({
      name: 'run',
      read: async (_context, _subject, other) => ({ of: (await other('version')) ?? null }),
    });
    const found = await evidence.gather(anyContext, deployment, ['run', 'version', 'nobody']);
    assert.deepEqual(found.get('run'), { kind: 'found', value: { of: { runId: 'run_1' } } });
    assert.deepEqual(found.get('nobody'), { kind: 'missing' });
    assert.equal(reads, 1);
  });

  it('that cannot be read, or asks for itself, is not there for any rule', async () => {
    const evidence = createEvidence({ logger: silentLogger });
    evidence.register({ name: 'a', read: (_context, _subject, other) => other('b') });
    evidence.register({ name: 'b', read: (_context, _subject, other) => other('a') });
    evidence.register({
      name: 'c',
      read: async () => {
        throw esteiraError('BLOB_NOT_FOUND', { digest: 'sha256:aa' });
      },
    });
    evidence.register({ name: 'd', read: async () => ({ share: Number.NaN }) });
    const found = await evidence.gather(anyContext, deployment, ['a', 'b', 'c', 'd']);
    assert.notEqual(found.get('a')?.kind, 'found');
    assert.notEqual(found.get('b')?.kind, 'found');
    assert.deepEqual(found.get('c'), {
      kind: 'unreadable',
      problem: 'No stored content has the digest sha256:aa.',
    });
    assert.deepEqual(found.get('d'), { kind: 'found', value: { share: null } });
    assert.throws(() => evidence.register({ name: 'a', read: async () => null }), /Two readers/);
  });
});

type Fixture = Awaited<ReturnType<typeof openGovernanceFixture>>;
type Report = Awaited<ReturnType<Fixture['governance']['policies']['evaluate']>>;

const anyContext = {
  workspace: 'default',
  actor: { id: 'usr_1', kind: 'user', name: 'Ana', roles: [], permissions: new Set<never>() },
  requestId: 'req_1',
} as const;

function verdicts(report: Report, verdict: string): string[] {
  return report.rules.filter((rule) => rule.verdict === verdict).map((rule) => rule.id);
}

function request(fixture: Fixture, context: Fixture['engineer'], changed: object) {
  const body = {
    rule: 'D07',
    project: deployment.project,
    endpoint: deployment.endpoint,
    reason: 'the monitor comes with the next release',
    expiresAt: fixture.time.now + 30 * 86_400_000,
    ...changed,
  };
  return call(fixture, 'requestWaiver', { body }, context);
}

function decide(fixture: Fixture, context: Fixture['engineer'], route: string, id: string) {
  return call(fixture, route, { params: { id }, body: { comment: '' } }, context);
}

async function call(fixture: Fixture, id: string, request: object, context: Fixture['engineer']) {
  const binding = fixture.governance.routes.find((candidate) => candidate.route.id === `governance.${id}`);
  assert.ok(binding);
  return (await binding.handle(request, context, new AbortController().signal)) as {
    id: string;
    state: string;
  };
}
