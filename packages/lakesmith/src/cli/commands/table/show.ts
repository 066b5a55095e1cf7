import { countRows, describeFeatures } from '@lakesmith/delta';
import type { FeatureState, Snapshot } from '@lakesmith/delta';
import { count } from '../../../core/quantity.ts';
import { sizeOf } from '../../../lake/relation.ts';
import type { VersionOptions } from '../../open-table.ts';
import { snapshotOf, withTable } from '../../open-table.ts';
import { print, printJson } from '../../output.ts';
import { grouped, isoTime, moment, renderBytes, renderTable } from '../../render.ts';
import { renderType } from '../../../core/render-type.ts';

/** Shows what a Delta table is: its columns, properties, protocol and who can read it, and how much it holds. */
export async function tableShow(path: string, options: VersionOptions): Promise<number> {
  return await withTable(path, options, async (table) => {
    const snapshot = await snapshotOf(table, options);
    const features = describeFeatures(snapshot.protocol, snapshot.metadata);
    if (options.json === true) printJson(facts(snapshot, features));
    else print(report(path, snapshot, features));
    return 0;
  });
}

function facts(snapshot: Snapshot, features: readonly FeatureState[]): unknown {
  const { metadata } = snapshot;
  return {
    version: snapshot.version,
    at: isoTime(snapshot.timestampMs),
    id: metadata.id,
    name: metadata.name ?? null,
    description: metadata.description ?? null,
    rows: countRows(snapshot) ?? null,
    ...sizeOf(snapshot),
    partitionColumns: metadata.partitionColumns,
    properties: metadata.configuration,
    protocol: snapshot.protocol,
    features: features.map((feature) => feature.listedAs ?? feature.name),
    featureStates: features,
    columns: snapshot.schema.fields,
    txns: Object.fromEntries([...snapshot.txns].map(([appId, txn]) => [appId, txn.version])),
    domains: Object.fromEntries(snapshot.domains),
  };
}

function report(path: string, snapshot: Snapshot, features: readonly FeatureState[]): string {
  const { metadata, protocol, schema } = snapshot;
  const { bytes, files } = sizeOf(snapshot);
  const rows = countRows(snapshot);
  const partitions = new Set(metadata.partitionColumns);
  const sections = [
    [
      `${path} · version ${snapshot.version} · ${moment(snapshot.timestampMs)}`,
      [
        rows === undefined ? 'rows not counted' : grouped(count(rows, 'row')),
        grouped(count(files, 'file')),
        renderBytes(bytes),
        `Delta reader ${protocol.minReaderVersion}, writer ${protocol.minWriterVersion}`,
      ].join(' · '),
      ...(metadata.description === undefined ? [] : [metadata.description]),
      ...Object.entries(metadata.configuration).map(([name, value]) => `  ${name} = ${value}`),
    ].join('\n'),
    renderTable(
      ['column', 'type', ''],
      schema.fields.map((field) => [
        field.name,
        renderType(field.type),
        [field.nullable ? '' : 'not null', partitions.has(field.name) ? 'partition' : ''].filter(Boolean).join(', '),
      ]),
    ),
  ];
  if (features.length > 0) sections.push(featureTable(features));
  if (snapshot.txns.size > 0)
    sections.push(
      renderTable(
        ['application', 'version'],
        [...snapshot.txns.values()].map((txn) => [txn.appId, txn.version]),
      ),
    );
  if (snapshot.domains.size > 0)
    sections.push(
      renderTable(
        ['domain', 'configuration'],
        [...snapshot.domains].map(([domain, configuration]) => [domain, shortened(configuration)]),
      ),
    );
  return sections.join('\n\n');
}

function featureTable(features: readonly FeatureState[]): string {
  const inUse = { true: 'in use', false: 'allowed', unknown: 'allowed' } as const;
  return renderTable(
    ['feature', '', 'asks of readers', 'cannot read it', 'unsure'],
    features.map((feature) => [
      feature.name,
      inUse[`${feature.active}`],
      feature.kind === 'writer' ? 'nothing' : feature.reader,
      feature.leftOut.join(', '),
      feature.unsure.join(', '),
    ]),
  );
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
