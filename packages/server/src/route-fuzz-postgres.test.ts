import { fuzzRoutes } from './route-fuzz.fixture.ts';
import { createTestDatabase } from './storage/sql/postgres/test-postgres.fixture.ts';

fuzzRoutes('PostgreSQL', createTestDatabase);
