import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PolicyOverlay } from '@esteira/contracts';
import { effectivePolicies, emptyOverlay } from './effective-policies.ts';
import { loadDefaultPack, parsePolicyPack } from './policy-pack.ts';

const pack = await loadDefaultPack();
const ownRule = {
  id: 'W01',
  title: 'The model is small',
  stages: ['production'],
  evidence: ['resources'],
  pass: [{ that: 'resources.modelBytes < 1000.0', else: 'it has {{ resources.modelBytes }} bytes' }],
  reason: 'small',
  todo: 'Make it smaller.',
};

describe('the policies in force', () => {
  it('are the default pack, with a digest that every rule, number and stage changes', () => {
    const plain = effectivePolicies(pack, emptyOverlay, 0);
    assert.equal(plain.policy, 'default@1');
    assert.equal(plain.rules.length, pack.rules.length);
    const digests = new Set([plain.digest]);
    digests.add(under({ rules: [ownRule] }).digest);
    digests.add(under({ tightened: [{ rule: 'D14', parameter: 'maxAgeDays', value: 7 }] }).digest);
    digests.add(
      under({ disabled: [{ rule: 'D03', stages: ['staging'], reason: 'no examples in staging' }] }).digest,
    );
    digests.add(under({ approvals: { production: 2 } }).digest);
    assert.equal(digests.size, 5);
  });

  it('may be tightened by a workspace, never loosened', () => {
    const rule = under({ tightened: [{ rule: 'D14', parameter: 'maxAgeDays', value: 7 }] }).rules.find(
      (r) => r.rule.id === 'D14',
    );
    assert.equal(rule?.rule.parameters.maxAgeDays?.value, 7);
    refuses({ tightened: [{ rule: 'D14', parameter: 'maxAgeDays', value: 365 }] }, 'POLICY_WEAKENED');
    refuses({ tightened: [{ rule: 'D03', parameter: 'minExamples', value: 0 }] }, 'POLICY_WEAKENED');
    refuses({ approvals: { production: 0 } }, 'POLICY_WEAKENED');
  });

  it('keep every default rule in production', () => {
    for (const { id } of pack.rules) {
      refuses(
        { disabled: [{ rule: id, stages: ['production'], reason: 'we are in a hurry' }] },
        'POLICY_WEAKENED',
      );
      refuses({ rules: [{ ...ownRule, id }] }, 'POLICY_WEAKENED');
    }
    under({
      rules: [ownRule],
      disabled: [{ rule: 'W01', stages: ['production'], reason: 'a rule of our own' }],
    });
  });

  it('take no rule that could not judge', () => {
    const that = (expression: string) => ({
      rules: [{ ...ownRule, pass: [{ that: expression, else: 'no' }] }],
    });
    refuses(that('resources.modelBytes <'), 'POLICY_INVALID');
    refuses(that('latency.p95Ms < 1.0'), 'POLICY_INVALID');
    refuses({ rules: [ownRule, ownRule] }, 'POLICY_WEAKENED');
    refuses({ tightened: [{ rule: 'X99', parameter: 'n', value: 1 }] }, 'POLICY_INVALID');
    refuses({ tightened: [{ rule: 'D01', parameter: 'n', value: 1 }] }, 'POLICY_INVALID');
  });
});

describe('a policy pack', () => {
  it('is refused with the name of the rule that is wrong', () => {
    const rule = JSON.stringify({ ...ownRule, pass: [{ that: 'nothing.here', else: 'no' }] });
    const approvals = 'approvals: { development: 0, staging: 0, production: 1 }';
    assert.throws(
      () => parsePolicyPack(`name: x\nversion: 1\n${approvals}\nrules: [${rule}]`),
      /W01.*nothing/,
    );
  });
});

function under(overlay: unknown) {
  return effectivePolicies(pack, PolicyOverlay.parse(overlay), 1);
}

function refuses(overlay: unknown, code: string): void {
  assert.throws(() => under(overlay), { code });
}
