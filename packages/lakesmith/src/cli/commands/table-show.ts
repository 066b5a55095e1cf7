import { stat } from 'node:fs/promises';
import { dirname, basename, resolve } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { LakeError } from '../../core/errors.ts';
import { openDuckDb } from '../../engine/duckdb/engine.ts';
import { openLake } from '../../lake/lake.ts';
import { countRows, sizeOf } from '../../lake/relation.ts';
import { openStore } from '../../storage/open.ts';
import { print, printJson } from '../output.ts';
import { count } from '../../core/quantity.ts';
import { moment, renderBytes, renderTable } from '../render.ts';
import { renderType } from '../render-type.ts';

/** Shows any Delta table by its folder; no project is needed. */
export async function tableShow(path: string, options: { readonly json?: boolean }): Promise<number> {
  const folder = resolve(path);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new LakeError('LS3003', `${path} is not a folder.`);
  const engine = await openDuckDb({});
  try {
    const lake = openLake(await openStore(dirname(folder)), engine, systemClock);
    const snapshot = await lake.open(basename(folder));
    if (snapshot === undefined) throw new LakeError('LS3003', `${path} is not a Delta table: it has no _delta_log.`);
    const { bytes, files } = sizeOf(snapshot);
    const shown = {
      version: snapshot.version,
      at: new Date(snapshot.timestampMs).toISOString(),
      rows: countRows(snapshot) ?? null,
      files,
      bytes,
      partitionColumns: snapshot.metadata.partitionColumns,
      properties: snapshot.metadata.configuration,
      protocol: snapshot.protocol,
      columns: snapshot.schema.fields,
      txns: Object.fromEntries([...snapshot.txns].map(([appId, txn]) => [appId, txn.version])),
      domains: Object.fromEntries(snapshot.domains),
    };
    if (options.json === true) {
      printJson(shown);
      return 0;
    }
    print(`${path} · version ${shown.version} · ${moment(snapshot.timestampMs)}`);
    print(
      `${shown.rows === null ? 'rows not counted' : count(shown.rows, 'row')} · ${count(files, 'file')} · ${renderBytes(bytes)} · Delta reader ${shown.protocol.minReaderVersion}, writer ${shown.protocol.minWriterVersion}`,
    );
    for (const [name, value] of Object.entries(shown.properties)) print(`  ${name} = ${value}`);
    print('');
    const types = snapshot.schema.fields.map((field) => [
      field.name,
      renderType(field.type),
      field.nullable ? '' : 'not null',
    ]);
    print(renderTable(['column', 'type', ''], types));
    return 0;
  } finally {
    await engine.close();
  }
}
