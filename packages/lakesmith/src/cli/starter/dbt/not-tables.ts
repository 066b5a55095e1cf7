import { count } from '../../../core/quantity.ts';
import type { DbtManifest, DbtNode } from './manifest.ts';
import { groupOf } from './manifest.ts';
import type { LeftOut } from './models.ts';

/** Parts of a dbt project that have no place in a project of lakesmith, each with the reason. */
export function notTables(manifest: DbtManifest): readonly LeftOut[] {
  const of = (type: string): readonly string[] =>
    manifest.nodes.filter((node) => node.resource_type === type).map(({ name }) => name);
  const modelsWhere = (test: (node: DbtNode) => boolean): readonly string[] =>
    manifest.nodes.filter((node) => node.resource_type === 'model' && test(node)).map(({ name }) => name);
  const hooked = manifest.nodes.filter(({ config }) => (config['pre-hook'] ?? 0) + (config['post-hook'] ?? 0) > 0);
  const parts: readonly (readonly [readonly string[], string, string])[] = [
    [of('operation'), 'hook', 'a run does nothing besides its tables'],
    [hooked.map(({ name }) => name), 'hook', 'a run does nothing besides its tables; the model itself is imported'],
    [of('analysis'), 'analysis', 'ask it with: lakesmith query'],
    [manifest.exposures.map(({ name }) => name), 'exposure', 'nothing stands for what others make of a table'],
    [manifest.metrics.map(({ name }) => name), 'metric', 'write it as a gold model'],
    [manifest.semantic_models.map(({ name }) => name), 'semantic model', 'write it as a gold model'],
    [manifest.saved_queries.map(({ name }) => name), 'saved query', 'ask it with: lakesmith query'],
    [manifest.functions.map(({ name }) => name), 'function', 'write it as a macro in macros/'],
    [
      modelsWhere(({ access, config }) => (access === '' ? config.access : access) === 'private'),
      'private access',
      'every model may read it; the model itself is imported',
    ],
    [
      modelsWhere(({ config }) => config.contract?.enforced === true),
      'contract',
      'columns and types are what the SELECT says, so cast there; plan tells which change. The model and its constraints are imported',
    ],
    [
      modelsWhere(({ deprecation_date: date }) => date !== ''),
      'date of deprecation',
      'nothing goes by a date; say it in the description. The model itself is imported',
    ],
    [
      modelsWhere((node) => groupOf(node) !== '' && node.owner === ''),
      'group without an owner',
      'a group stands for who answers for a model; write owner: into the model, which is imported',
    ],
    [
      modelsWhere(({ config }) => (config.freshness?.build_after ?? null) !== null),
      'build_after',
      'a run makes what changed; the model itself is imported',
    ],
  ];
  return parts
    .filter(([names]) => names.length > 0)
    .map(([names, noun, why]) => ({ what: `${counted(names.length, noun)} (${names.join(', ')})`, why }));
}

const plurals: Readonly<Record<string, string>> = {
  analysis: 'analyses',
  'saved query': 'saved queries',
  'date of deprecation': 'dates of deprecation',
  'group without an owner': 'groups without an owner',
};

function counted(amount: number, noun: string): string {
  const plural = plurals[noun];
  return plural === undefined || amount === 1 ? count(amount, noun) : `${amount} ${plural}`;
}
