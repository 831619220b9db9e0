import type { Tone } from '../../components/status-tone.ts';

export function riskTone(risk: 'minimal' | 'limited' | 'high'): Tone {
  if (risk === 'high') return 'bad';
  return risk === 'limited' ? 'warn' : 'idle';
}
