import type { Finding, ScanFile, Snapshot } from '@lakesmith/delta';
import { checkLog, locate, planScan, readDeletionVector, readSnapshot } from '@lakesmith/delta';
import { messageOf } from '../core/errors.ts';
import { checkStatistics } from './check-statistics.ts';
import type { DeltaTable } from './delta-table.ts';

/** Files that are looked at together. */
const together = 64;

/**
 * Every rule of the protocol that a table breaks, and every file that its newest version names and that is not there as it
 * should be. `deep` also reads the rows, and holds the statistics against them.
 */
export async function checkTable(table: DeltaTable, options: { readonly deep: boolean }): Promise<readonly Finding[]> {
  const findings = [...(await checkLog(table.io))];
  let snapshot: Snapshot;
  try {
    snapshot = await readSnapshot(table.io);
  } catch (error) {
    // Why it cannot be read is among the findings, or is one.
    return findings.some((finding) => finding.severity === 'error')
      ? findings
      : [...findings, { rule: 'unreadable', severity: 'error', message: messageOf(error) }];
  }
  const { files } = planScan(snapshot);
  const there: ScanFile[] = [];
  for (let from = 0; from < files.length; from += together) {
    const some = files.slice(from, from + together);
    const found = await Promise.all(some.map((file) => checkFile(table, file)));
    for (const [i, file] of some.entries()) {
      findings.push(...(found[i] ?? []));
      if (found[i]?.length === 0) there.push(file);
    }
  }
  if (options.deep) findings.push(...(await checkStatistics(table, snapshot, there)));
  return findings;
}

async function checkFile(table: DeltaTable, { path, add, rows }: ScanFile): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  try {
    const place = locate(path, table.io);
    const sizeBytes = place.kind === 'inside' ? await sizeOf(table, place.path) : add.size;
    if (sizeBytes === undefined) {
      findings.push({
        rule: 'file-missing',
        severity: 'error',
        path,
        message: 'The log names this file, and it is not there.',
      });
    } else if (sizeBytes !== add.size) {
      const message = `The file has ${sizeBytes} bytes where the log says ${add.size}.`;
      findings.push({ rule: 'file-size', severity: 'error', path, message });
    }
    if (add.deletionVector !== undefined)
      await readDeletionVector(table.io, add.deletionVector, rows === undefined ? {} : { numRecords: rows });
  } catch (error) {
    findings.push({ rule: 'file-unusable', severity: 'error', path, message: messageOf(error) });
  }
  return findings;
}

async function sizeOf(table: DeltaTable, path: string): Promise<number | undefined> {
  return (await table.store.head(path))?.sizeBytes;
}
