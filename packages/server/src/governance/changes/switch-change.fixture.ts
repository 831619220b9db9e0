import type { JsonValue } from '@esteira/contracts';
import { z } from 'zod';
import { deployment } from '../governance.fixture.ts';
import type { ChangeKind, Draft, Inspection, StepToApply } from './change-kind.ts';

const SwitchSubject = z.strictObject({ to: z.string(), gated: z.boolean().default(false) });
type SwitchSubject = z.infer<typeof SwitchSubject>;

/** A thing outside the platform that a change sets: two steps, `prepare` and `switch`. For tests. */
export function createSwitch() {
  const world = {
    value: 'old',
    prepared: '',
    calls: [] as string[],
    authors: [] as string[],
    approvalsRequired: 1,
    /** Runs within the step, before its effect. */
    during: async (_run: StepToApply<SwitchSubject>): Promise<void> => undefined,
    broken: false,
    rollBackBroken: false,
  };
  const kind: ChangeKind<SwitchSubject> = {
    kind: 'test.switch',
    subject: SwitchSubject,

    async inspect(_context, { gated }): Promise<Inspection> {
      const { authors, value } = world;
      return { current: { value }, authors, target: 'switch', ...(gated ? { gateSubject: deployment } : {}) };
    },

    async plan(_context, { to }): Promise<Draft> {
      return {
        steps: [
          { name: 'prepare', title: 'Prepare', details: { to } },
          { name: 'switch', title: 'Switch', details: { to } },
        ],
        cost: { cpuSeconds: 1, storageBytes: 0, amount: 0.01, currency: 'USD' },
        blastRadius: 'the switch',
        approvalsRequired: world.approvalsRequired,
      };
    },

    async applyStep(run): Promise<JsonValue> {
      world.calls.push(run.step.name);
      await world.during(run);
      if (run.step.name === 'prepare') world.prepared = run.subject.to;
      else world.value = world.prepared;
      return { done: run.step.name, before: Object.keys(run.previous) };
    },

    async verify(_context, { subject }) {
      world.calls.push('verify');
      return [
        {
          name: 'value',
          expected: subject.to,
          measured: world.value,
          ok: !world.broken && world.value === subject.to,
        },
      ];
    },

    async rollBack(_context, { plan }) {
      world.calls.push('roll back');
      if (world.rollBackBroken) throw new Error('the lever is stuck');
      world.value = (plan.current as { value: string }).value;
      return { value: world.value };
    },
  };
  return { world, kind };
}
