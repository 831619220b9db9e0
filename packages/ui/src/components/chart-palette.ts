/** Colours of charts; distinguishable with the common colour-vision deficiencies (after Okabe and Ito, 2008). */
export interface ChartPalette {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly panel: string;
  readonly bad: string;
  readonly series: readonly string[];
}

export const lightPalette: ChartPalette = {
  ink: '#1d2730',
  soft: '#56636e',
  line: '#e1e5e9',
  panel: '#ffffff',
  bad: '#b3261e',
  series: ['#0c7a86', '#d2691e', '#4759b0', '#a8841a', '#9b4f96', '#4f8a3c', '#b3455a', '#5b6b78'],
};

export const darkPalette: ChartPalette = {
  ink: '#e4e9ed',
  soft: '#a5b1bb',
  line: '#2c343b',
  panel: '#1b2025',
  bad: '#f08c83',
  series: ['#5cc0c9', '#f0985a', '#94a4f2', '#d9b95a', '#cf8fc9', '#8cc47a', '#ea8b9c', '#a3b1bd'],
};
