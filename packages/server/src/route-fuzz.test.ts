import { fuzzRoutes } from './route-fuzz.fixture.ts';

fuzzRoutes('SQLite', async () => ({ drop: async () => {} }));
