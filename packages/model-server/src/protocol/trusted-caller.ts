import type { Admission } from './access.ts';

/** Whoever asks by a contract that trusts its network: it has no key, and may ask for predictions alone. */
export const trustedCaller: Admission = {
  keyId: 'contract',
  endpoints: [],
  purpose: 'user',
  opens: () => true,
  may: () => false,
  take() {},
};
