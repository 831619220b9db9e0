import { leasesContract } from './lease.contract.ts';
import { openMemoryDatabase } from './sqlite/open-memory-database.ts';

leasesContract('SQLite', openMemoryDatabase);
