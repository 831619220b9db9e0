import { createTestDatabase } from '@esteira/server/test-postgres';
import { createPlace } from './installation.fixture.ts';
import { lateFlightsJourney } from './late-flights.journey.ts';

lateFlightsJourney('PostgreSQL', async () => {
  const place = createPlace();
  const database = await createTestDatabase();
  return {
    start: () => place.start({ flags: ['--database-url', database.url] }),
    async remove() {
      await place.remove();
      await database.drop();
    },
  };
});
