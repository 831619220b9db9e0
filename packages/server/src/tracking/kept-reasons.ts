import type { KeptBecause } from '@esteira/contracts';

/** Why a run stays as it is, in words that follow a colon. */
export const keptReasons: Readonly<Record<KeptBecause, string>> = {
  registered: 'a version of a registered model was made from it',
  served: 'an endpoint serves what was made from it',
  'change-evidence': 'a change that was decided rests on it',
  newest: 'it is the newest of its kind, which is always kept',
  'legal-hold': 'a legal hold covers what was made from it',
  'in-use': 'something that is in use was made from it',
};
