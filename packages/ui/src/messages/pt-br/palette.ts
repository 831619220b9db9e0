import type { paletteMessages as english } from '../en/palette.ts';
import type { Translation } from '../message.ts';

export const paletteMessages: Translation<typeof english> = {
  'palette.button': 'Ir para…',
  'palette.title': 'Ir para uma página',
  'palette.hint': 'Um experimento, uma execução, um modelo, um endpoint, um problema, uma página',
  'palette.keys': '↑ ↓ escolhem · Enter vai · Esc fecha',
  'palette.none': 'Não há nada com este nome.',
  'palette.recent': 'Vistos por último',
  'palette.pages': 'Páginas',
  'palette.experiments': 'Experimentos',
  'palette.runs': 'Execuções',
  'palette.models': 'Modelos',
  'palette.endpoints': 'Endpoints',
  'palette.issues': 'Problemas',
};
