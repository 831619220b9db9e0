/** Lines of the command line that the page shows where something is missing; `<…>` stands for what the reader knows. */
export const commandLines = {
  signInLink: 'esteira users link <name>',
  createProject: 'esteira projects create project.yaml',
  runPipeline: (pipeline = '<pipeline>') => `esteira pipelines start ${pipeline}`,
  putPipeline: 'esteira pipelines put pipeline.yaml',
  createDataset: 'esteira datasets create <name>',
  ingest: (dataset: string) => `esteira datasets ingest ${dataset}`,
  registerModel: 'esteira models register <model> --trained-model <id> --evaluation <id>',
  createEndpoint: (project = '<project>', model = '<model>') =>
    `esteira endpoints create <name> --project ${project} --model ${model} --stage staging`,
  promote: (version = '<model>@<version>', endpoint = '<endpoint>') =>
    `esteira plan promote ${version} --endpoint ${endpoint}`,
  putMonitor: 'esteira monitors put <name> monitor.yaml',
  putRetrainingPolicy: 'esteira retraining put <name> policy.yaml',
  serveWithBackups: 'esteira serve --backup-directory <folder>',
  createToken: 'esteira tokens create laptop',
} as const;
