import { count } from '../../../core/quantity.ts';
import type { DbtManifest } from './manifest.ts';
import type { LeftOut } from './models.ts';

/** Parts of a dbt project that have no place in a project of lakesmith, each with the reason. */
export function notTables(manifest: DbtManifest): readonly LeftOut[] {
  const of = (type: string): readonly string[] =>
    manifest.nodes.filter((node) => node.resource_type === type).map(({ name }) => name);
  const hooked = manifest.nodes.filter(({ config }) => (config['pre-hook'] ?? 0) + (config['post-hook'] ?? 0) > 0);
  const parts: readonly (readonly [readonly string[], string, string])[] = [
    [of('operation'), 'hook', 'a run does nothing besides its tables'],
    [hooked.map(({ name }) => name), 'hook', 'a run does nothing besides its tables; the model itself is imported'],
    [of('analysis'), 'analysis', 'ask it with: lakesmith query'],
    [manifest.exposures.map(({ name }) => name), 'exposure', 'nothing stands for what others make of a table'],
    [manifest.metrics.map(({ name }) => name), 'metric', 'write it as a gold model'],
    [manifest.semantic_models.map(({ name }) => name), 'semantic model', 'write it as a gold model'],
  ];
  return parts
    .filter(([names]) => names.length > 0)
    .map(([names, noun, why]) => ({ what: `${count(names.length, noun)} (${names.join(', ')})`, why }));
}
