/** Models that are several: maps, rules and versions that answer as one. */
export const pipelineModelMessages = {
  'pipelineModel.title': 'Steps of the pipeline',
  'pipelineModel.hint': 'Versions are frozen with it: moving an alias changes nothing here',
  'pipelineModel.step': 'Step',
  'pipelineModel.answer': 'the answer',
  'pipelineModel.what': 'What it is',
  'pipelineModel.reads': 'Reads',
  'pipelineModel.columns': 'columns of the request, by name',
  'pipelineModel.limit': 'May take',
  'pipelineModel.limitOfWhole': 'what the endpoint allows',
  'pipelineModel.runs': 'Ran',
  'pipelineModel.meanTime': 'Mean time',
  'pipelineModel.map': { one: 'makes {count} column', other: 'makes {count} columns' },
  'pipelineModel.rule': 'a rule',
  'pipelineModel.average': 'mean of scores, by weight',
  'pipelineModel.vote': 'share of votes, by weight',
} as const;
