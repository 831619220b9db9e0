import { leasesContract } from '../lease.contract.ts';
import { openMigratedPostgres } from './migrated-postgres.fixture.ts';

leasesContract('PostgreSQL', openMigratedPostgres);
