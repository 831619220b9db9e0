/** The line that leads to a page by its name. */
export const paletteMessages = {
  'palette.button': 'Go to…',
  'palette.title': 'Go to a page',
  'palette.hint': 'An experiment, a run, a model, an endpoint, an issue, a page',
  'palette.keys': '↑ ↓ choose · Enter goes there · Esc closes',
  'palette.none': 'Nothing of this name is here.',
  'palette.recent': 'Looked at last',
  'palette.pages': 'Pages',
  'palette.experiments': 'Experiments',
  'palette.runs': 'Runs',
  'palette.models': 'Models',
  'palette.endpoints': 'Endpoints',
  'palette.issues': 'Issues',
} as const;
