import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DesiredPredictor } from '@esteira/contracts';
import fc from 'fast-check';
import {
  emptyEndpoint,
  fullTraffic,
  primaryVersion,
  versionsOf,
  withCanary,
  withFormerTraffic,
} from './desired-endpoint.ts';

const limits = { maxBodyBytes: 1, maxRows: 1, timeoutMs: 1 };
const predictor: fc.Arbitrary<DesiredPredictor> = fc.oneof(
  fc.record({
    kind: fc.constant('version' as const),
    modelVersionId: fc.constantFrom('mv_1', 'mv_2', 'mv_3'),
  }),
  fc.constant({ kind: 'rule' as const, rule: { kind: 'constant' as const, score: 0 } }),
);

describe('what an endpoint should serve', () => {
  it('always shares out the whole traffic', () => {
    fc.assert(
      fc.property(
        predictor,
        fc.array(fc.double({ min: 0.001, max: 0.999, noNaN: true })),
        (first, shares) => {
          let desired = fullTraffic(emptyEndpoint(limits), first);
          for (const share of shares) {
            desired = withCanary(desired, 'mv_9', share);
            assert.ok(Math.abs(desired.arms.reduce((sum, arm) => sum + arm.weight, 0) - 1) < 1e-12);
          }
        },
      ),
    );
  });

  it('leaves no request with a candidate that was taken back', () => {
    fc.assert(
      fc.property(predictor, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (first, share) => {
        const desired = fullTraffic(
          withCanary(fullTraffic(emptyEndpoint(limits), first), 'mv_9', share),
          first,
        );
        assert.equal(versionsOf(desired).includes('mv_9'), false);
        assert.equal(primaryVersion(desired), first.kind === 'version' ? first.modelVersionId : undefined);
      }),
    );
  });

  it('keeps the settings of now when former traffic comes back, frozen or no more', () => {
    const former = { ...emptyEndpoint(limits), frozen: { reason: 'used as production', at: 1 } };
    const now = {
      ...fullTraffic(emptyEndpoint({ ...limits, maxRows: 5 }), { kind: 'version', modelVersionId: 'mv_9' }),
      follow: { alias: 'champion' },
    };
    assert.deepEqual(withFormerTraffic(now, former), {
      ...emptyEndpoint({ ...limits, maxRows: 5 }),
      follow: { alias: 'champion' },
    });
  });
});
