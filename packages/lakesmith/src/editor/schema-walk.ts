/** A part of a JSON Schema, as much of it as editors use. */
interface SchemaNode {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

export interface SchemaKey {
  readonly name: string;
  readonly description: string | undefined;
  /** What is typed after it: a value on the same line, or lines below. */
  readonly opens: boolean;
}

/** The keys that may stand under a path. */
export function keysAt(schema: unknown, path: readonly string[]): readonly SchemaKey[] {
  return nodesAt(schema, path).flatMap((node) =>
    Object.entries(node.properties ?? {}).map(([name, child]) => ({
      name,
      description: child.description,
      opens: branches(child).every(({ type }) => type === 'object'),
    })),
  );
}

/** The words that a value can be, where it is one of a few. */
export function wordsAt(schema: unknown, path: readonly string[]): readonly string[] {
  return nodesAt(schema, path).flatMap((node) =>
    node.type === 'boolean' ? ['true', 'false'] : (node.enum ?? []).map(String),
  );
}

/** What the schema says of a key. */
export function descriptionAt(schema: unknown, path: readonly string[]): string | undefined {
  const parents = nodesAt(schema, path.slice(0, -1));
  return parents.flatMap((node) => node.properties?.[path.at(-1) ?? '']?.description ?? [])[0];
}

function nodesAt(schema: unknown, path: readonly string[]): readonly SchemaNode[] {
  let nodes = branches(schema as SchemaNode);
  for (const step of path) nodes = nodes.flatMap((node) => childrenOf(node, step)).flatMap(branches);
  return nodes;
}

function childrenOf(node: SchemaNode, step: string): readonly SchemaNode[] {
  if (step === '-') return node.items === undefined ? [] : [node.items];
  const own = Object.hasOwn(node.properties ?? {}, step) ? node.properties?.[step] : undefined;
  if (own !== undefined) return [own];
  const patterns = Object.entries(node.patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern).test(step));
  if (patterns.length > 0) return patterns.map(([, child]) => child);
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
}

function branches(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf === undefined ? [node] : node.anyOf.flatMap(branches);
}
