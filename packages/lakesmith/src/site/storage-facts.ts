import { describeFeatures, peers } from '@lakesmith/delta';
import type { Peer } from '@lakesmith/delta';
import type { Lake } from '../lake/lake.ts';
import type { ReleasedTable } from '../lake/release.ts';
import type { TableData } from './catalogue.ts';

const programs: Readonly<Record<Peer, string>> = {
  spark: 'Spark',
  'delta-rs': 'delta-rs',
  'kernel-rs': 'Delta kernel',
  duckdb: 'DuckDB',
  fabric: 'Fabric',
};

/** How a released table lies in the lake, and which programs can open it. */
export async function storageFacts(lake: Lake, { path, version, files }: ReleasedTable): Promise<TableData['storage']> {
  const snapshot = await lake.open(path, version);
  if (snapshot === undefined) return undefined;
  const { protocol, metadata } = snapshot;
  const features = describeFeatures(protocol, metadata);
  const readsOf = (peer: Peer): 'yes' | 'unsure' | 'no' => {
    if (features.some(({ leftOut }) => leftOut.includes(peer))) return 'no';
    return features.some(({ unsure }) => unsure.includes(peer)) ? 'unsure' : 'yes';
  };
  return {
    path,
    version,
    files,
    readerVersion: protocol.minReaderVersion,
    writerVersion: protocol.minWriterVersion,
    features: features.filter(({ active }) => active === true).map(({ name }) => name),
    readers: peers.map((peer) => ({ program: programs[peer], reads: readsOf(peer) })),
  };
}
