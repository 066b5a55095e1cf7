import { plainName } from '../../plain-name.ts';
import type { DbtManifest, DbtNode } from './manifest.ts';

const silverFolder = /^(staging|stage|stg|base|intermediate|int|prep|raw|bronze|clean|cleaned|silver)$/;
const goldFolder = /^(marts?|gold|reporting|reports?|analytics|presentation)$/;

/** The lakesmith table of each dbt node that can be one, by the node's id: 'silver.stg_orders'. */
export function tableNames({ nodes, sources }: DbtManifest): ReadonlyMap<string, string> {
  const tables = [...nodes.filter(isTable), ...sources];
  const read = new Set(nodes.filter(isTable).flatMap(({ depends_on }) => depends_on));
  const wanted = tables.map((node) => ({ node, layer: layerOf(node, read.has(node.unique_id)), word: wordOf(node) }));
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { node, layer, word } of wanted) {
    const alone = wanted.filter((other) => other.layer === layer && other.word === word).length === 1;
    const group = plainName(node.source_name === '' ? node.package_name : node.source_name);
    const first = `${layer}.${alone ? word : `${group}_${word}`}`;
    let name = first;
    for (let n = 2; taken.has(name); n += 1) name = `${first}_${n}`;
    taken.add(name);
    names.set(node.unique_id, name);
  }
  return names;
}

function isTable(node: DbtNode): boolean {
  const { resource_type: type, config } = node;
  return type === 'seed' || type === 'snapshot' || (type === 'model' && config.materialized !== 'ephemeral');
}

function wordOf({ name, version }: DbtNode): string {
  const word = plainName(version === null || version === undefined ? name : `${name}_v${version}`);
  // The change log of a table has this ending.
  return word.replace(/__changes$/, '_changes');
}

/** By the folder that is nearest to the model, by its name, and else by whether another model reads it. */
function layerOf({ resource_type: type, fqn, name }: DbtNode, isRead: boolean): string {
  if (type === 'source') return 'bronze';
  if (type === 'seed') return 'reference';
  if (type === 'snapshot') return 'silver';
  for (const folder of fqn
    .slice(1, -1)
    .reverse()
    .map((part) => part.toLowerCase())) {
    if (silverFolder.test(folder)) return 'silver';
    if (goldFolder.test(folder)) return 'gold';
  }
  if (/^(stg|base|int)_/i.test(name)) return 'silver';
  if (/^(fct|dim|mart|agg|rpt)_/i.test(name)) return 'gold';
  return isRead ? 'silver' : 'gold';
}

/** What has no table is called by its id. */
export function shown(name: string): string {
  const [type = '', , ...words] = name.split('.');
  return words.length === 0 ? name : `${type} ${words.join('.')}`;
}
