import type { EndpointStage } from '@esteira/contracts';
import { ApiError, type EsteiraClient } from '@esteira/sdk';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';

type Endpoint = Awaited<ReturnType<EsteiraClient['serving']['endpoint']>>;

type NewProject = Parameters<EsteiraClient['projects']['createProject']>[0]['body'];

/** What a deployment stands on. */
export interface Ground {
  readonly project: string;
  /** What was made for it, in words. */
  readonly made: string[];
}

/** The project and the model of a deployment, made where they are absent. */
export async function openModel(
  context: CommandContext,
  wanted: { readonly model: string; readonly project: string | undefined },
): Promise<Ground> {
  const { registry, projects } = context.client();
  const made: string[] = [];
  const known = await ifThere(registry.model({ params: { name: wanted.model } }));
  const project = wanted.project ?? known?.project ?? wanted.model;
  const isDefault = project === 'default';
  if (!isDefault && (await ifThere(projects.project({ params: { name: project } }))) === undefined) {
    await projects.createProject({ body: { name: project, ...undescribed(project) } });
    made.push(`project ${project} (describe it before it leaves development)`);
  }
  if (known === undefined) {
    await registry.createModel({ body: { name: wanted.model, project, description: '' } });
    made.push(`model ${wanted.model}`);
  }
  return { project, made };
}

/** The endpoint of a deployment, made where it is absent. Throws ENDPOINT_STATE where it is of another stage or model. */
export async function openEndpoint(
  context: CommandContext,
  wanted: {
    readonly name: string;
    readonly project: string;
    readonly model: string;
    readonly stage: EndpointStage;
  },
  made: string[],
): Promise<Endpoint> {
  const { serving } = context.client();
  const params = { name: wanted.name };
  const known = await ifThere(serving.endpoint({ params }));
  if (known === undefined) {
    await serving.createEndpoint({ body: wanted });
    made.push(`endpoint ${wanted.name} (${wanted.stage})`);
    return await serving.endpoint({ params });
  }
  const differs = difference(known, wanted);
  if (differs === undefined) return known;
  throw new CommandError({
    code: 'ENDPOINT_STATE',
    what: `The endpoint ${wanted.name} ${differs}.`,
    todo: 'name another endpoint by --name, or what it has by --stage and --model',
  });
}

/** How an endpoint is another one than wanted; undefined when it is not. */
function difference(known: Endpoint, wanted: { model: string; stage: EndpointStage }): string | undefined {
  if (known.stage !== wanted.stage) return `is of the stage ${known.stage}, not ${wanted.stage}`;
  if (known.model !== wanted.model) return `serves the model ${known.model}, not ${wanted.model}`;
  return undefined;
}

/** What is not on record yet: gates of staging and production fail on it until somebody describes the project. */
function undescribed(name: string): Omit<NewProject, 'name'> {
  return {
    title: name,
    problem: 'Not described yet: opened by a deployment to development.',
    successMetric: { name: 'roc_auc', direction: 'maximize', margin: 0.01, baseline: 'not chosen yet' },
    sla: { p95Ms: 1_000 },
    riskClass: 'high',
    sensitiveAttributes: ['not-declared-yet'],
  };
}

/** Undefined for what is not there. */
async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
