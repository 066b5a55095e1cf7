import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeVectorFile } from '../packages/delta/dist/dv/write.js';
import { encodeRowSet } from '../packages/delta/dist/testing/row-set-encoder.js';
import { measure, medians } from './measure.mjs';
import { folder, raw, rounded } from './setting.mjs';

const asker = fileURLToPath(new URL('scan-ask.mjs', import.meta.url));

const rows = Number(process.env.BENCH_ROWS ?? 20_000_000);
const fileCount = 20;

const columns = {
  order_id: ['long', 'i'],
  customer_id: ['long', '(i * 7919) % 1000000'],
  ordered_on: ['date', "date '2024-01-01' + (i % 700)::int"],
  ordered_at: ['timestamp', "timestamptz '2024-01-01 00:00:00+00' + interval (i) second"],
  amount: ['decimal(12,2)', '((i % 10000) / 100.0)::decimal(12,2)'],
  qty: ['long', 'i % 9'],
  country: ['string', "'c' || (i % 8)"],
  channel: ['string', "'channel' || (i % 5)"],
  sku: ['string', "'sku' || (i % 5000)"],
  note: ['string', "'note ' || (i % 77777)"],
};

const questions = {
  'filter and aggregate': `select country, count(*) as n, sum(amount) as amount, max(ordered_at) as last from t where qty < 5 group by country order by country`,
  'all columns': `select ${Object.keys(columns)
    .map((name) => `max(${name}) as ${name}`)
    .join(', ')} from t where amount >= 1`,
};

const fileOf = (kind, i) => join(folder, kind, `part-${String(i).padStart(5, '0')}.parquet`);
const physical = (name) => `col-${name}`;

/** The data files, under the names of the columns or under others. */
function writeFiles(kind, nameOf) {
  mkdirSync(join(folder, kind, '_delta_log'), { recursive: true });
  const items = Object.entries(columns).map(([name, [, sql]]) => `${sql} as "${nameOf(name)}"`);
  const size = Math.ceil(rows / fileCount);
  const copies = Array.from({ length: fileCount }, (_, i) => {
    const range = `range(${i * size}, ${Math.min(rows, (i + 1) * size)}) t(i)`;
    return `copy (select ${items.join(', ')} from ${range}) to '${fileOf(kind, i)}' (format parquet, compression zstd, compression_level 1)`;
  });
  raw(`write-${kind}`, ["set timezone = 'UTC'", ...copies])();
}

/** A Delta table over the files of `kind`: all one needs is a log. */
function writeLog(kind, { protocol, configuration = {}, metadataOf = () => ({}), vectorOf = () => undefined }) {
  const fields = Object.entries(columns).map(([name, [type]], i) => ({
    name,
    type,
    nullable: true,
    metadata: metadataOf(name, i),
  }));
  const schemaString = JSON.stringify({ type: 'struct', fields });
  const metaData = {
    id: kind,
    format: { provider: 'parquet', options: {} },
    schemaString,
    partitionColumns: [],
    configuration,
  };
  const size = Math.ceil(rows / fileCount);
  const adds = Array.from({ length: fileCount }, (_, i) => ({
    add: {
      path: `part-${String(i).padStart(5, '0')}.parquet`,
      partitionValues: {},
      size: statSync(fileOf(kind, i)).size,
      modificationTime: 1,
      dataChange: true,
      stats: JSON.stringify({ numRecords: Math.min(size, rows - i * size) }),
      deletionVector: vectorOf(i, size),
    },
  }));
  const lines = [{ protocol }, { metaData }, ...adds].map((action) => `${JSON.stringify(action)}\n`);
  writeFileSync(join(folder, kind, '_delta_log', `${'0'.repeat(20)}.json`), lines.join(''));
}

/** One row of a hundred deleted, scattered over the file. */
function vectorFor(i, size) {
  const deleted = Array.from({ length: Math.floor(size / 100) }, (_, k) => k * 100 + ((k * 7 + i) % 100));
  const vector = encodeRowSet(deleted);
  const { bytes, offsets } = encodeVectorFile([vector]);
  const path = `deletion-${i}.bin`;
  writeFileSync(join(folder, 'vectors', path), bytes);
  return {
    storageType: 'p',
    pathOrInlineDv: join(folder, 'vectors', path),
    offset: offsets[0],
    sizeInBytes: vector.length,
    cardinality: deleted.length,
  };
}

/** A table's rows, against the engine alone on the same files. */
export function scan() {
  const own = (name) => name;
  writeFiles('plain', own);
  writeFiles('mapped', physical);
  writeFiles('vectors', own);
  writeLog('plain', { protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
  writeLog('mapped', {
    protocol: { minReaderVersion: 2, minWriterVersion: 5 },
    configuration: { 'delta.columnMapping.mode': 'name' },
    metadataOf: (name, i) => ({ 'delta.columnMapping.id': i + 1, 'delta.columnMapping.physicalName': physical(name) }),
  });
  writeLog('vectors', {
    protocol: {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['deletionVectors'],
      writerFeatures: ['deletionVectors'],
    },
    vectorOf: vectorFor,
  });
  const figures = { rows };
  for (const [question, sql] of Object.entries(questions)) {
    const of = (what, kind) => () => JSON.parse(measure(folder, [asker, what, join(folder, kind), sql]).stdout);
    const [bare, ...tables] = medians(5, [
      of('files', 'plain'),
      of('table', 'plain'),
      of('table', 'mapped'),
      of('table', 'vectors'),
    ]);
    figures[`${question}: the engine alone, ms`] = rounded(bare.wallMs);
    for (const [i, kind] of ['as it is', 'with column mapping', 'with 1 % deleted'].entries()) {
      figures[`${question}: ${kind}, speed against the engine alone`] = rounded(bare.wallMs / tables[i].wallMs, 2);
      figures[`${question}: ${kind}, CPU against the engine alone`] = rounded(tables[i].cpuMs / bare.cpuMs, 2);
    }
  }
  return figures;
}
