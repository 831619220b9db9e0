/** Models that runs made, before anybody registers them. */
export const loggedModelMessages = {
  'loggedModels.title': 'Logged models',
  'loggedModels.lead': 'Models that runs made, with their files: what may be registered.',
  'loggedModels.empty': 'No model was logged',
  'loggedModels.emptyHint':
    'A run logs one with any MLflow client: mlflow.sklearn.log_model(model, name="model").',
  'loggedModels.noneFound': 'No logged model matches',
  'loggedModels.noneFoundHint': 'The words are looked for in names, whatever their case.',
  'loggedModels.text': 'Part of a name',
  'loggedModels.order': 'Order',
  'loggedModels.newest': 'Newest first',
  'loggedModels.byName': 'By name',
  'loggedModels.byStatus': 'By status',
  'loggedModels.type': 'Type',
  'loggedModels.flavors': 'Loaded by',
  'loggedModels.run': 'Made by the run',
  'loggedModels.measuredBy': 'Measured by',
  'loggedModels.dataset': 'Data set',
  'loggedModels.metricsNone': 'Nothing was measured of it.',
  'loggedModels.tags': 'Tags',
  'loggedModels.tagsNone': 'It has no tags.',
  'loggedModels.optional': 'optional',
  'loggedModels.versions': 'Registered as',
  'loggedModels.versionsNone':
    'No version was made of it. In Python: mlflow.register_model("models:/{id}", "its name")',
  'loggedModels.ofExperiment': 'All of the experiment',
} as const;
