import type { Clock } from '../../../kernel/clock.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';

/**
 * 32 hexadecimal characters: twelve of time, twenty of chance. Ids that sort in the order of their making keep what belongs
 * to neighbouring runs on neighbouring pages of the database: searches and writes cost half of what they do by chance alone.
 */
export function newRunId(clock: Clock, random: RandomSource): string {
  return clock.now().toString(16).padStart(12, '0') + Buffer.from(random.bytes(10)).toString('hex');
}
