import { createHash, timingSafeEqual } from 'node:crypto';
import { createFailureLimit } from './failure-limit.ts';

/** Who may read what only a token opens: the metrics of either plane, the identity of a model server. */
export interface ScrapeAccess {
  judge(authorization: string | undefined, address: string): ScrapeVerdict;
}

type ScrapeVerdict =
  | { readonly kind: 'granted' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'slowed-down'; readonly retryAfterSeconds: number };

/** Grants whoever shows the token of the moment as `Bearer`; after some failures an address is not listened to for a while. */
export function createScrapeAccess(deps: {
  readonly token: () => string;
  readonly monotonic: () => number;
}): ScrapeAccess {
  const limit = createFailureLimit(deps);
  return {
    judge(authorization, address) {
      const retryAfterSeconds = limit.wait(address);
      if (retryAfterSeconds > 0) return { kind: 'slowed-down', retryAfterSeconds };
      const [, shown = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
      // Digests have one length, so the comparison tells nothing of the token's.
      if (!timingSafeEqual(digest(shown), digest(deps.token()))) {
        limit.failed(address);
        return { kind: 'refused' };
      }
      limit.succeeded(address);
      return { kind: 'granted' };
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
