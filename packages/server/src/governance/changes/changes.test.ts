import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { esteiraError } from '../../kernel/errors.ts';
import { untilEventsSettled } from '../../storage/sql/open-test-database.ts';
import { openGovernanceFixture } from '../governance.fixture.ts';
import { createSwitch } from './switch-change.fixture.ts';

describe('a change', () => {
  it('is inspected, planned, consented to, applied, verified, and on record all the way', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    const planned = await changes.request(engineer, { kind: 'test.switch', subject: { to: 'new' } });
    assert.equal(planned.state, 'awaiting-approval');
    assert.deepEqual(planned.plan.current, { value: 'old' });
    assert.deepEqual(world.calls, []);
    await assert.rejects(changes.apply(engineer, planned.id), { code: 'CHANGE_STATE_CONFLICT' });

    const approved = await changes.approve(approver, planned.id, { digest: planned.digest, comment: 'go' });
    assert.equal(approved.state, 'approved');
    await changes.apply(engineer, planned.id);
    const done = await changes.wait('default', planned.id);
    assert.equal(done.state, 'succeeded');
    assert.deepEqual(world.calls, ['prepare', 'switch', 'verify']);
    assert.deepEqual(
      done.steps.map((step) => [step.name, step.state, step.attempts]),
      [
        ['prepare', 'done', 1],
        ['switch', 'done', 1],
      ],
    );
    assert.deepEqual(done.steps[1]?.result, { done: 'switch', before: ['prepare'] });
    assert.deepEqual(done.verification, [{ name: 'value', expected: 'new', measured: 'new', ok: true }]);

    const states = done.history.map((entry) => entry.to);
    assert.deepEqual(states, [
      'planned',
      'awaiting-approval',
      'approved',
      'applying',
      'verifying',
      'succeeded',
    ]);
    const audited = await fixture.audit.list('default', { subjectId: planned.id }, { limit: 20 });
    assert.deepEqual(
      audited.items.map((entry) => entry.action).sort(),
      states.map((state) => `governance.change.${state}`).sort(),
    );
    await untilEventsSettled(fixture.sql);
    const events = await fixture.events.recent('default', { limit: 50 });
    assert.equal(events.filter((event) => event.type === 'change.moved').length, states.length);
    assert.equal(events.filter((event) => event.type === 'change.finished').length, 1);
    await fixture.close();
  });

  it('whose gates fail is refused, with what to do for every rule, and goes nowhere', async () => {
    const { fixture, changes, engineer, approver } = await openSwitch();
    fixture.evidence.set('monitor', undefined);
    fixture.evidence.set('fairness', undefined);
    const refused = await changes.request(engineer, {
      kind: 'test.switch',
      subject: { to: 'new', gated: true },
    });
    assert.equal(refused.state, 'refused');
    assert.match(refused.reason, /D07: no evidence found: monitor\. Create a monitor/);
    assert.match(refused.reason, /D08/);
    const consent = { digest: refused.digest, comment: '' };
    await assert.rejects(changes.approve(approver, refused.id, consent), { code: 'CHANGE_STATE_CONFLICT' });
    await assert.rejects(changes.apply(engineer, refused.id), { code: 'CHANGE_STATE_CONFLICT' });
    await fixture.close();
  });

  it('needs the approvals of the stage, whatever its kind asks', async () => {
    const { fixture, world, changes, engineer } = await openSwitch();
    world.approvalsRequired = 0;
    const gated = await changes.request(engineer, {
      kind: 'test.switch',
      subject: { to: 'new', gated: true },
    });
    assert.equal(gated.state, 'awaiting-approval');
    assert.equal(gated.plan.gates?.passed, true);
    const free = await changes.request(engineer, { kind: 'test.switch', subject: { to: 'new' } });
    assert.equal(free.state, 'approved');
    await fixture.close();
  });

  it('is judged again before it is applied: a gate that fails by then refuses it', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    const planned = await changes.request(engineer, {
      kind: 'test.switch',
      subject: { to: 'new', gated: true },
    });
    await changes.approve(approver, planned.id, { digest: planned.digest, comment: '' });
    fixture.evidence.set('version', {
      ...(fixture.evidence.get('version') as object),
      bytesDigestNow: 'sha256:ff',
    });
    await assert.rejects(changes.apply(engineer, planned.id), { code: 'CHANGE_PLAN_CHANGED' });
    const after = await changes.get('default', planned.id);
    assert.equal(after.state, 'refused');
    assert.match(after.reason, /D01/);
    assert.deepEqual(world.calls, []);
    await fixture.close();
  });

  it('asks for consent again when the state has changed since', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    const planned = await approvedChange(changes, engineer, approver);
    world.value = 'changed by somebody else';
    await assert.rejects(changes.apply(engineer, planned.id), { code: 'CHANGE_PLAN_CHANGED' });
    const again = await changes.get('default', planned.id);
    assert.equal(again.state, 'awaiting-approval');
    assert.notEqual(again.digest, planned.digest);
    assert.deepEqual(
      again.approvals.map((approval) => approval.current),
      [false],
    );
    const stale = { digest: planned.digest, comment: '' };
    await assert.rejects(changes.approve(approver, planned.id, stale), { code: 'APPROVAL_STALE' });
    await changes.approve(approver, planned.id, { digest: again.digest, comment: 'still good' });
    await changes.apply(engineer, planned.id);
    assert.equal((await changes.wait('default', planned.id)).state, 'succeeded');
    await fixture.close();
  });

  it('asks again also when the state changes between applying and its job', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch({ started: false });
    const planned = await approvedChange(changes, engineer, approver);
    await changes.apply(engineer, planned.id);
    world.value = 'changed by somebody else';
    await fixture.jobs.start();
    await changes.wait('default', planned.id);
    assert.equal((await changes.get('default', planned.id)).state, 'awaiting-approval');
    assert.deepEqual(world.calls, []);
    await fixture.close();
  });

  it('expires', async () => {
    const { fixture, changes, engineer, approver } = await openSwitch();
    const planned = await approvedChange(changes, engineer, approver);
    const late = await changes.request(engineer, { kind: 'test.switch', subject: { to: 'new' } });
    fixture.time.now += 8 * 86_400_000;
    await assert.rejects(changes.apply(engineer, planned.id), { code: 'CHANGE_EXPIRED' });
    assert.equal((await changes.get('default', planned.id)).state, 'expired');
    await assert.rejects(changes.approve(approver, late.id, { digest: late.digest, comment: '' }), {
      code: 'CHANGE_EXPIRED',
    });
    await fixture.close();
  });

  it('can be declined and given up', async () => {
    const { fixture, changes, engineer, approver } = await openSwitch();
    const first = await approvedChange(changes, engineer, approver);
    assert.equal((await changes.reject(approver, first.id, 'not today')).state, 'rejected');
    const second = await approvedChange(changes, engineer, approver);
    assert.equal((await changes.cancel(engineer, second.id)).state, 'cancelled');
    await assert.rejects(changes.apply(engineer, second.id), { code: 'CHANGE_STATE_CONFLICT' });
    await fixture.close();
  });

  it('is listed by page, state and kind, and belongs to its workspace', async () => {
    const { fixture, changes, engineer } = await openSwitch();
    for (let count = 0; count < 3; count++) {
      fixture.time.now += 1;
      await changes.request(engineer, { kind: 'test.switch', subject: { to: `v${count}` } });
    }
    const first = await changes.list('default', { limit: 2, state: 'awaiting-approval' });
    assert.deepEqual(
      first.items.map((item) => item.subject),
      [{ to: 'v2' }, { to: 'v1' }],
    );
    const rest = await changes.list('default', { limit: 2, cursor: first.nextCursor, kind: 'test.switch' });
    assert.deepEqual(
      rest.items.map((item) => item.subject),
      [{ to: 'v0' }],
    );
    const [item] = rest.items;
    assert.ok(item);
    await assert.rejects(changes.get('another', item.id), { code: 'CHANGE_NOT_FOUND' });
    await fixture.close();
  });

  it('of an unknown kind or with another subject is not taken', async () => {
    const { fixture, changes, engineer } = await openSwitch();
    await assert.rejects(changes.request(engineer, { kind: 'x.y', subject: {} }), {
      code: 'CHANGE_KIND_UNKNOWN',
    });
    await assert.rejects(changes.request(engineer, { kind: 'test.switch', subject: {} }), {
      code: 'INVALID_REQUEST',
    });
    await fixture.close();
  });
});

describe('consent', () => {
  it('is never given by the requester, by their service account, by a token they made, or by the platform', async () => {
    const { fixture, changes } = await openSwitch();
    const { owner, identity, system } = fixture;
    const planned = await changes.request(owner, { kind: 'test.switch', subject: { to: 'new' } });
    const consent = { digest: planned.digest, comment: '' };
    const refused = { code: 'APPROVAL_OF_OWN_CHANGE' };
    await assert.rejects(changes.approve(owner, planned.id, consent), refused);

    const own = await identity.issueServiceToken(owner, { name: 'own-bot', roles: ['approver'] });
    await assert.rejects(changes.approve(await fixture.contextOf(own.userId), planned.id, consent), refused);

    const second = await fixture.contextWith('owner');
    const foreign = await identity.issueServiceToken(second, { name: 'foreign-bot', roles: ['approver'] });
    const token = { body: { name: 'extra', userId: foreign.userId } };
    await fixture.call('createToken', token, owner);
    await assert.rejects(
      changes.approve(await fixture.contextOf(foreign.userId), planned.id, consent),
      refused,
    );

    await assert.rejects(changes.approve(system, planned.id, consent), refused);
    assert.equal((await changes.approve(second, planned.id, consent)).state, 'approved');
    await fixture.close();
  });

  it('is not given by a person to what their service account requested', async () => {
    const { fixture, changes } = await openSwitch();
    const { owner, identity, approver } = fixture;
    const bot = await identity.issueServiceToken(owner, { name: 'ci', roles: ['ml-engineer'] });
    const botContext = await fixture.contextOf(bot.userId);
    const planned = await changes.request(botContext, { kind: 'test.switch', subject: { to: 'new' } });
    const consent = { digest: planned.digest, comment: '' };
    await assert.rejects(changes.approve(owner, planned.id, consent), { code: 'APPROVAL_OF_OWN_CHANGE' });
    assert.equal((await changes.approve(approver, planned.id, consent)).state, 'approved');
    await fixture.close();
  });

  it('is not given by the author of what is changed', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    world.authors = [approver.actor.id];
    const planned = await changes.request(engineer, { kind: 'test.switch', subject: { to: 'new' } });
    const consent = { digest: planned.digest, comment: '' };
    await assert.rejects(changes.approve(approver, planned.id, consent), { code: 'APPROVAL_OF_OWN_CHANGE' });
    await fixture.close();
  });

  it('of several people is that of several people', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    world.approvalsRequired = 2;
    const planned = await changes.request(engineer, { kind: 'test.switch', subject: { to: 'new' } });
    const consent = { digest: planned.digest, comment: '' };
    assert.equal((await changes.approve(approver, planned.id, consent)).state, 'awaiting-approval');
    await assert.rejects(changes.approve(approver, planned.id, consent), { code: 'APPROVAL_REPEATED' });
    const other = await fixture.contextWith('approver');
    const both = await changes.approve(other, planned.id, consent);
    assert.deepEqual([both.state, both.approvalsGiven], ['approved', 2]);
    await fixture.close();
  });

  it('needs the permission, as asking and applying do', async () => {
    const { fixture, changes, engineer, approver } = await openSwitch();
    const viewer = await fixture.contextWith('viewer');
    const request = { kind: 'test.switch', subject: { to: 'new' } };
    await assert.rejects(changes.request(viewer, request), { code: 'FORBIDDEN' });
    const planned = await changes.request(engineer, request);
    const consent = { digest: planned.digest, comment: '' };
    const colleague = await fixture.contextWith('ml-engineer');
    await assert.rejects(changes.approve(colleague, planned.id, consent), { code: 'FORBIDDEN' });
    await changes.approve(approver, planned.id, consent);
    await assert.rejects(changes.apply(approver, planned.id), { code: 'FORBIDDEN' });
    await fixture.close();
  });
});

describe('a change being applied', () => {
  it('is rolled back when a step fails, and says why', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    world.during = async ({ step }) => {
      if (step.name === 'switch') throw esteiraError('STORAGE_FULL');
    };
    const done = await applied(changes, engineer, approver);
    assert.equal(done.state, 'rolled-back');
    assert.match(done.reason, /Switch: There is no room left/);
    assert.deepEqual(world.calls, ['prepare', 'switch', 'roll back']);
    assert.equal(done.steps[1]?.state, 'failed');
    assert.deepEqual(done.rollBack, { value: 'old' });
    await fixture.close();
  });

  it('tells nothing of an unexpected failure but where the log is', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    world.during = async () => {
      throw new Error('password=hunter2');
    };
    const done = await applied(changes, engineer, approver);
    assert.doesNotMatch(JSON.stringify(done), /hunter2/);
    await fixture.close();
  });

  it('is rolled back when what was promised cannot be measured', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    world.broken = true;
    const done = await applied(changes, engineer, approver);
    assert.equal(done.state, 'rolled-back');
    assert.equal(world.value, 'old');
    assert.deepEqual(
      done.verification.map((check) => check.ok),
      [false],
    );
    await fixture.close();
  });

  it('has failed when it cannot even be rolled back', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    world.broken = true;
    world.rollBackBroken = true;
    const done = await applied(changes, engineer, approver);
    assert.equal(done.state, 'failed');
    assert.match(done.reason, /rolling back failed/);
    await fixture.close();
  });

  it('stops and is rolled back when it is cancelled', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    world.during = ({ step, signal }) => {
      if (step.name !== 'switch') return Promise.resolve();
      begin();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const planned = await approvedChange(changes, engineer, approver);
    await changes.apply(engineer, planned.id);
    await begun;
    await changes.cancel(engineer, planned.id);
    const done = await changes.wait('default', planned.id);
    assert.equal(done.state, 'rolled-back');
    assert.match(done.reason, /cancelled/);
    await fixture.close();
  });

  it('shares its target with no other change', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const one = await approvedChange(changes, engineer, approver);
    const two = await approvedChange(changes, engineer, approver);
    world.during = () => {
      begin();
      return released;
    };
    await changes.apply(engineer, one.id);
    await begun;
    await assert.rejects(changes.apply(engineer, two.id), { code: 'CHANGE_TARGET_BUSY' });
    await assert.rejects(changes.apply(engineer, one.id), { code: 'CHANGE_STATE_CONFLICT' });
    release();
    assert.equal((await changes.wait('default', one.id)).state, 'succeeded');
    await assert.rejects(changes.apply(engineer, two.id), { code: 'CHANGE_PLAN_CHANGED' });
    await fixture.close();
  });

  it('can be taken up again by applying it once more when its job was cancelled from outside', async () => {
    const { fixture, world, changes, engineer, approver } = await openSwitch();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    let hold = true;
    world.during = ({ step, signal }) => {
      if (step.name !== 'switch' || !hold) return Promise.resolve();
      begin();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const planned = await approvedChange(changes, engineer, approver);
    const { jobId } = await changes.apply(engineer, planned.id);
    assert.ok(jobId);
    await begun;
    hold = false;
    await fixture.jobs.cancel(engineer, jobId);
    await fixture.jobs.wait('default', jobId);
    assert.equal((await changes.get('default', planned.id)).state, 'applying');
    await changes.apply(engineer, planned.id);
    assert.equal((await changes.wait('default', planned.id)).state, 'succeeded');
    assert.deepEqual(world.calls, ['prepare', 'switch', 'switch', 'verify']);
    await fixture.close();
  });
});

type Switch = Awaited<ReturnType<typeof openSwitch>>;

async function openSwitch({ started = true } = {}) {
  const fixture = await openGovernanceFixture();
  const { world, kind } = createSwitch();
  const { changes } = fixture.governance;
  changes.registerKind(kind);
  if (started) await fixture.jobs.start();
  return { fixture, world, changes, engineer: fixture.engineer, approver: fixture.approver };
}

async function approvedChange(
  changes: Switch['changes'],
  engineer: Switch['engineer'],
  approver: Switch['approver'],
) {
  const planned = await changes.request(engineer, { kind: 'test.switch', subject: { to: 'new' } });
  return await changes.approve(approver, planned.id, { digest: planned.digest, comment: '' });
}

async function applied(
  changes: Switch['changes'],
  engineer: Switch['engineer'],
  approver: Switch['approver'],
) {
  const { id } = await approvedChange(changes, engineer, approver);
  await changes.apply(engineer, id);
  return await changes.wait('default', id);
}
