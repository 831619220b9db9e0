import { systemClock } from '../../../kernel/clock.ts';
import { limitStoreContract } from '../limit-store.contract.ts';
import { createMemoryLimitStore } from './memory-limit-store.ts';

limitStoreContract('memory', async () => createMemoryLimitStore({ clock: systemClock }));
