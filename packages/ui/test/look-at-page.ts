import type { Rgb } from './contrast.ts';

/** Two colours that have to stand apart, and where they meet. */
export interface ColourPair {
  readonly kind: 'text' | 'large text' | 'icon' | 'control';
  readonly front: Rgb;
  readonly back: Rgb;
  readonly where: string;
}

/** What assistive technology and weak eyes would meet on a page. */
export interface LookedAt {
  /** Each pair of colours once. */
  readonly pairs: readonly ColourPair[];
  /** Elements that break a rule: which, and where. */
  readonly faults: readonly string[];
  /** By how many pixels the page is wider than its window. */
  readonly overflow: number;
}

/**
 * Looks at the page as it is drawn. It runs in the browser, so all it needs stands within. Disabled controls are left out, as
 * WCAG 2.2 does (SC 1.4.3 and 1.4.11), and so is what is not visible.
 */
export function lookAtPage(): LookedAt {
  const pairs = new Map<string, ColourPair>();
  const faults: string[] = [];
  const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const read = new Map<string, readonly [number, number, number, number]>();

  lookAtTexts();
  lookAtIcons();
  lookAtControls();
  lookAtNames();
  lookAtStructure();
  return {
    pairs: [...pairs.values()],
    faults: [...new Set(faults)],
    overflow: Math.max(0, document.documentElement.scrollWidth - window.innerWidth),
  };

  function lookAtTexts(): void {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      const text = texts.currentNode.textContent?.trim() ?? '';
      if (element === null || text === '' || !isSeen(element) || isDisabled(element)) continue;
      const style = getComputedStyle(element);
      const colour = element instanceof SVGElement ? style.fill : style.color;
      const size = Number.parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      meet(isLarge ? 'large text' : 'text', element, colour);
    }
    for (const field of document.querySelectorAll('input, textarea')) {
      if (!isSeen(field) || isDisabled(field)) continue;
      if (field.getAttribute('placeholder'))
        meet('text', field, getComputedStyle(field, '::placeholder').color);
      meet('text', field, getComputedStyle(field).color);
    }
  }

  function lookAtIcons(): void {
    for (const icon of document.querySelectorAll('button svg, a svg')) {
      if (isSeen(icon) && !isDisabled(icon)) meet('icon', icon, getComputedStyle(icon).color);
    }
  }

  /** The edge of a control, or its ground, tells it from what is around it. */
  function lookAtControls(): void {
    for (const control of document.querySelectorAll('input, select, textarea')) {
      if (!isSeen(control) || isDisabled(control) || control.parentElement === null) continue;
      // A field within a frame of its own is told by the frame.
      const hasEdge = Number.parseFloat(getComputedStyle(control).borderTopWidth) > 0;
      const framed = hasEdge ? control : control.parentElement;
      const style = getComputedStyle(framed);
      const around = groundOf(framed.parentElement ?? framed);
      const own = over(colourOf(style.backgroundColor), around);
      const edge = over(colourOf(style.borderTopColor), around);
      // The browser draws a native box itself, and draws it by the scheme.
      if (getComputedStyle(control).appearance === 'auto' && control.matches('[type=checkbox], [type=radio]'))
        continue;
      const apart = (colour: Rgb): number =>
        colour.reduce((sum, c, at) => sum + Math.abs(c - (around[at] ?? 0)), 0);
      add('control', apart(edge) >= apart(own) ? edge : own, around, control);
    }
  }

  function lookAtNames(): void {
    const named =
      'input:not([type=hidden]), select, textarea, button, a[href], [role=button], [role=combobox], [role=dialog], [role=img], [role=listbox], [role=menuitem], [role=option], [role=progressbar], [role=separator], [role=slider], [role=switch], [role=tab], hr[tabindex], table, iframe, nav';
    for (const element of document.querySelectorAll(named)) {
      if (element.closest('[aria-hidden=true]') === null && isSeen(element) && nameOf(element) === '')
        faults.push(`has no name: ${whereIs(element)}`);
    }
    for (const image of document.querySelectorAll('img'))
      if (image.getAttribute('alt') === null) faults.push(`has no text in its place: ${whereIs(image)}`);
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls']) {
      for (const element of document.querySelectorAll(`[${attribute}]`)) {
        // What opens on demand is not there before.
        if (attribute === 'aria-controls' && element.getAttribute('aria-expanded') !== 'true') continue;
        for (const id of element.getAttribute(attribute)?.split(/\s+/) ?? [])
          if (id !== '' && document.getElementById(id) === null)
            faults.push(`${attribute} names nothing: ${whereIs(element)}`);
      }
    }
  }

  function lookAtStructure(): void {
    const headings = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter(isSeen);
    const levels = headings.map((heading) => Number(heading.tagName.slice(1)));
    const tops = levels.filter((level) => level === 1).length;
    if (tops !== 1) faults.push(`has ${tops} headings of the first level`);
    for (const [at, level] of levels.entries()) {
      const before = levels[at - 1] ?? 0;
      const heading = headings[at];
      // What is written in Markdown has the levels its author gave it.
      if (heading && level > before + 1 && heading.closest('.markdown') === null)
        faults.push(`leaves out a level of headings: ${whereIs(heading)}`);
    }
    if (document.querySelectorAll('main, [role=main]').length !== 1) faults.push('has not one main part');
    if (document.querySelector('nav, [role=navigation]') === null) faults.push('has no navigation');
    if (document.documentElement.lang === '') faults.push('says no language');
    if (document.title === '') faults.push('has no title');
    for (const table of document.querySelectorAll('table')) {
      if (!isSeen(table)) continue;
      const heads = [...table.querySelectorAll('th')];
      if (heads.length === 0) faults.push(`has no header cell: ${whereIs(table)}`);
      for (const head of heads) {
        if (!head.hasAttribute('scope')) faults.push(`says not what it heads: ${whereIs(head)}`);
        if (nameOf(head) === '') faults.push(`is an empty header cell: ${whereIs(head)}`);
      }
    }
    for (const element of document.querySelectorAll('[tabindex]'))
      if (Number(element.getAttribute('tabindex')) > 0) faults.push(`jumps the order: ${whereIs(element)}`);
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at)))
      faults.push(`two elements have the id ${id}`);
  }

  function meet(kind: ColourPair['kind'], element: Element, colour: string): void {
    const back = groundOf(element);
    const [red, green, blue, alpha] = colourOf(colour);
    add(kind, over([red, green, blue, alpha * opacityOf(element)], back), back, element);
  }

  function add(kind: ColourPair['kind'], front: Rgb, back: Rgb, element: Element): void {
    const key = `${kind} ${front} ${back}`;
    if (!pairs.has(key)) pairs.set(key, { kind, front, back, where: whereIs(element) });
  }

  /** What is painted under an element, without pictures. */
  function groundOf(element: Element): Rgb {
    const layers: (readonly [number, number, number, number])[] = [];
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const colour = colourOf(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.unshift(colour);
      if (colour[3] === 1) break;
    }
    let ground: Rgb = [255, 255, 255];
    for (const layer of layers) ground = over(layer, ground);
    return ground;
  }

  function over([red, green, blue, alpha]: readonly [number, number, number, number], ground: Rgb): Rgb {
    const mix = (front: number, back: number): number => Math.round(front * alpha + back * (1 - alpha));
    return [mix(red, ground[0]), mix(green, ground[1]), mix(blue, ground[2])];
  }

  /** Whatever space a colour is written in. */
  function colourOf(text: string): readonly [number, number, number, number] {
    const known = read.get(text);
    if (known) return known;
    if (!pixel) throw new Error('there is no canvas');
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = 'transparent';
    pixel.fillStyle = text;
    pixel.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = pixel.getImageData(0, 0, 1, 1).data;
    const colour = [red, green, blue, alpha / 255] as const;
    read.set(text, colour);
    return colour;
  }

  function opacityOf(element: Element): number {
    let opacity = 1;
    for (let at: Element | null = element; at !== null; at = at.parentElement)
      opacity *= Number(getComputedStyle(at).opacity);
    return opacity;
  }

  function isSeen(element: Element): boolean {
    const { width, height } = element.getBoundingClientRect();
    const isThere = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    return isThere && width > 1 && height > 1;
  }

  function isDisabled(element: Element): boolean {
    return element.closest(':disabled, [aria-disabled=true], [data-disabled]') !== null;
  }

  /** The name that is read aloud, nearly as "Accessible Name and Description Computation 1.2" has it. */
  function nameOf(element: Element): string {
    const labelled = (element.getAttribute('aria-labelledby') ?? '')
      .split(/\s+/)
      .map((id) => (id === '' ? '' : (document.getElementById(id)?.textContent ?? '')))
      .join(' ');
    const isField = element.matches('input, select, textarea');
    const labels = isField ? [...((element as HTMLInputElement).labels ?? [])] : [];
    const own =
      isField || element.matches('table, nav, [role=dialog], [role=listbox]') ? '' : textOf(element);
    const caption = element.querySelector(':scope > caption')?.textContent ?? '';
    return [
      labelled,
      element.getAttribute('aria-label') ?? '',
      labels.map((label) => label.textContent).join(' '),
      own,
      caption,
      element.getAttribute('alt') ?? '',
      element.getAttribute('title') ?? '',
    ]
      .join(' ')
      .trim();
  }

  function textOf(element: Element): string {
    const parts = [...element.querySelectorAll('[aria-label], img[alt]')].map(
      (part) => part.getAttribute('aria-label') ?? part.getAttribute('alt') ?? '',
    );
    return `${element.textContent ?? ''} ${parts.join(' ')}`;
  }

  function whereIs(element: Element): string {
    const kind = element.tagName.toLowerCase();
    const classes = (element.getAttribute('class') ?? '')
      .split(/\s+/)
      .filter((name) => !name.startsWith('m_'));
    const text = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40);
    const part = element.closest('section')?.querySelector('h2')?.textContent;
    return `${kind}${classes.map((name) => (name ? `.${name}` : '')).join('')} "${text}"${part ? ` in "${part}"` : ''}`;
  }
}
