import { createPlace } from './installation.fixture.ts';
import { lateFlightsJourney } from './late-flights.journey.ts';

lateFlightsJourney('SQLite', async () => createPlace());
