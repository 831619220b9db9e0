export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'idle';

const tones: Readonly<Record<string, Tone>> = {
  succeeded: 'good',
  passed: 'good',
  pass: 'good',
  approved: 'good',
  done: 'good',
  ready: 'good',
  better: 'good',
  resolved: 'good',
  active: 'good',
  cached: 'good',
  ok: 'good',
  COMPLETE: 'good',
  failed: 'bad',
  fail: 'bad',
  refused: 'bad',
  rejected: 'bad',
  worse: 'bad',
  open: 'bad',
  firing: 'bad',
  FAIL: 'bad',
  'rolled-back': 'warn',
  'awaiting-approval': 'warn',
  warning: 'warn',
  waived: 'warn',
  acknowledged: 'warn',
  'not-ready': 'warn',
  running: 'busy',
  RUNNING: 'busy',
  applying: 'busy',
  verifying: 'busy',
  'rolling-back': 'busy',
};

/** How a status is coloured: idle unless it is good news, bad news, a warning or in progress. */
export function toneOf(status: string): Tone {
  return tones[status] ?? 'idle';
}
