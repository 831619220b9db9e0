import { config } from 'zod';

// The content policy of the page forbids eval. Unless told so before the first schema is made, zod tries it once, and
// the browser reports a violation. Imported before everything else.
config({ jitless: true });
