/** What stands in an element: text is always put in as text. */
export type Child = Node | string | number | undefined | readonly Child[];

type Value = string | number | boolean | undefined | ((event: Event) => void);
type Attributes = Readonly<Record<string, Value>>;

/** An HTML element. Attributes that are functions listen to the event of that name; true stands as it is, false and undefined are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in a picture. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** Puts other children in an element. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.flatMap(nodesOf));
}

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flatMap(nodesOf));
  return element;
}

function nodesOf(child: Child): readonly (Node | string)[] {
  if (child === undefined) return [];
  if (typeof child === 'string' || child instanceof Node) return [child];
  return typeof child === 'number' ? [String(child)] : child.flatMap(nodesOf);
}
