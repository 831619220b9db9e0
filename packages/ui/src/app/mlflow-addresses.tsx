import type { ReactElement } from 'react';
import { Navigate, useParams, useSearchParams } from 'react-router';
import { ExperimentAddress } from './experiment-address.tsx';

const runsOf = <ExperimentAddress to={({ name }) => `/runs?${new URLSearchParams({ experiment: name })}`} />;
const judgingOf = (
  <ExperimentAddress to={({ id }) => `/judging?${new URLSearchParams({ experiment: id })}`} />
);
const run = <Led to={({ id }) => `/runs/${id}`} />;
const evaluationDataset = <Led to={({ id }) => `/evaluation-datasets/${id}`} />;
const loggedModel = <Led to={({ id }) => `/logged-models/${id}`} />;
const model = <Led to={({ name }) => `/models/${name}`} />;
const prompt = <Led to={({ name }) => `/prompts/${name}`} />;
const comparedRuns = <Led to={(_params, search) => comparisonOf(search)} />;

/** Addresses that MLflow's client prints and its own page links to, each with what leads to the page that shows the same here. */
export const mlflowAddresses: readonly (readonly [path: string, element: ReactElement])[] = [
  ['experiments/:experiment', runsOf],
  ['experiments/:experiment/runs/:id/*', run],
  [
    'experiments/:experiment/evaluation-runs',
    <Chosen key="" word="selectedRunUuid" to={(id) => `/runs/${id}`} otherwise={runsOf} />,
  ],
  ['experiments/:experiment/evaluation-runs/:id/*', run],
  [
    'experiments/:experiment/models',
    <ExperimentAddress
      key=""
      to={({ name }) => `/logged-models?${new URLSearchParams({ experiment: name })}`}
    />,
  ],
  ['experiments/:experiment/models/:id/*', loggedModel],
  [
    'experiments/:experiment/traces',
    <Chosen
      key=""
      word="selectedEvaluationId"
      to={(id) => `/traces/${id}`}
      otherwise={<ExperimentAddress to={({ id }) => `/traces?${new URLSearchParams({ experiment: id })}`} />}
    />,
  ],
  ['experiments/:experiment/traces/:id', <Led key="" to={({ id }) => `/traces/${id}`} />],
  [
    'experiments/:experiment/issues',
    <ExperimentAddress key="" to={({ id }) => `/issues?${new URLSearchParams({ experiment: id })}`} />,
  ],
  ['experiments/:experiment/issues/:id', <Led key="" to={({ id }) => `/issues/${id}`} />],
  ['experiments/:experiment/datasets', judgingOf],
  ['experiments/:experiment/datasets/:id', evaluationDataset],
  ['experiments/:experiment/judges', judgingOf],
  ['experiments/:experiment/prompts', <Navigate key="" to="/prompts" replace />],
  ['experiments/:experiment/prompts/:name', prompt],
  // Overviews, sessions, the playground: tabs of an experiment that its runs stand for.
  ['experiments/:experiment/*', runsOf],
  ['models/:name/*', model],
  ['prompts/:name/*', prompt],
  ['compare-runs', comparedRuns],
  ['metric/*', comparedRuns],
  ['compare-experiments/*', <Navigate key="" to="/runs" replace />],
];

type Params = Readonly<Record<string, string>>;

/** Leads on by the parts of the address, which are encoded, and what is asked behind it. */
function Led({ to }: { readonly to: (params: Params, search: URLSearchParams) => string }) {
  const params = Object.entries(useParams()).map(([name, value = '']) => [name, encodeURIComponent(value)]);
  const [search] = useSearchParams();
  return <Navigate to={to(Object.fromEntries(params), search)} replace />;
}

interface ChosenProps {
  /** What names the one that is looked at. */
  readonly word: string;
  readonly to: (id: string) => string;
  readonly otherwise: ReactElement;
}

/** Leads to the one of a list that the address names, or to the list. */
function Chosen({ word, to, otherwise }: ChosenProps) {
  const [search] = useSearchParams();
  const id = search.get(word);
  return id ? <Navigate to={to(encodeURIComponent(id))} replace /> : otherwise;
}

/** MLflow's page writes the runs that are compared as the JSON of a list. */
function comparisonOf(search: URLSearchParams): string {
  const ids = search.get('runs')?.match(/[\w-]+/g) ?? [];
  return `/runs/compare?${new URLSearchParams(ids.map((id) => ['run', id]))}`;
}
