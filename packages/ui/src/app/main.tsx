import './forbid-eval.ts';
import '@mantine/core/styles.css';
import '../components/page.css';
import { createRoot } from 'react-dom/client';
import { createPageClient } from '../api/page-client.ts';
import { App } from './app.tsx';
import { createPageRouter } from './page-router.tsx';
import { createQueryClient } from './query-client.ts';

const pageClient = createPageClient();
const queries = createQueryClient();
const router = createPageRouter({ pageClient, queries });
const root = document.getElementById('root');
if (!root) throw new Error('the page has no element with the id "root"');
createRoot(root).render(<App queries={queries} router={router} />);
