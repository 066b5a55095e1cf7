import { LakeError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { Project } from '../../project/model.ts';
import { forgetRows } from '../../run/forget.ts';
import type { ForgetReport } from '../../run/forget-report.ts';
import { reportForget } from '../../run/forget-report.ts';
import type { NamedRows } from '../../run/forget-subject.ts';
import { certificateText, doneLines, reportLines } from '../forget-text.ts';
import { interruptSignal } from '../interrupt.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { parallelism, runReporter } from '../run-opened.ts';
import { programVersion } from '../version.ts';

export interface ForgetOptions extends CommonOptions {
  /** Only tell. */
  readonly dryRun?: boolean;
  /** Do it. */
  readonly apply?: boolean;
  /** Who asked for it. */
  readonly reference?: string;
}

/** Removes rows for good; tells what that would be unless `--apply` says so. */
export async function forget(words: readonly string[], options: ForgetOptions): Promise<number> {
  if (options.apply === true && options.dryRun === true)
    throw new LakeError('LS4001', '--apply removes rows and --dry-run does not: give one of them.');
  return await withWorkbench(options, async (bench) => {
    const rows = namedRows(words, bench.project);
    return options.apply === true ? await apply(bench, rows, options) : await tell(bench, rows, options);
  });
}

async function tell(bench: Workbench, rows: readonly NamedRows[], options: ForgetOptions): Promise<number> {
  const report = await reportForget(bench, rows);
  if (options.json === true) printJson({ ok: true, dryRun: true, ...reportJson(report) });
  else {
    for (const line of reportLines(report)) print(line);
    print('nothing was changed: --apply removes them, and nobody can bring them back');
  }
  return options.dryRun === true ? 0 : 3;
}

async function apply(bench: Workbench, rows: readonly NamedRows[], options: ForgetOptions): Promise<number> {
  const interrupt = interruptSignal();
  const reporter = runReporter(options.json !== true);
  try {
    const { report, certificate, path } = await forgetRows(
      {
        project: bench.project,
        lake: bench.lake,
        clock: bench.clock,
        signal: interrupt.signal,
        emit: reporter.hear.bind(reporter),
        parallel: parallelism({}),
        memoryBytes: bench.memoryBytes,
        program: `lakesmith ${programVersion()}`,
        rows,
        ...(options.reference === undefined ? {} : { reference: options.reference }),
      },
      certificateText,
    );
    const isClean = certificate === undefined || certificate.verified.left.length === 0;
    if (options.json === true)
      printJson({
        ok: isClean,
        dryRun: false,
        ...reportJson(report),
        certificate: certificate ?? report.before ?? null,
      });
    else if (certificate === undefined)
      print(`nothing to forget: erasure ${report.before?.erasure ?? ''} did it, and nothing of it came back`);
    else {
      for (const line of reportLines({ ...report, elsewhere: [], namesakes: [] })) print(line);
      for (const line of doneLines(certificate, path ?? '')) print(line);
    }
    return isClean ? 0 : 1;
  } finally {
    interrupt.stop();
  }
}

function reportJson({ scope, tables, elsewhere, namesakes, landing }: ForgetReport): object {
  return {
    tables: tables.map(({ name, kind, rows }) => ({ table: name, kind, rows: rows ?? null })),
    abandoned: scope.abandoned,
    releases: scope.releases,
    landing,
    elsewhere,
    namesakes,
  };
}

/** `bronze.customers email=a@b.de bronze.orders buyer=a@b.de`: a word without = is a table, whose columns follow. */
function namedRows(words: readonly string[], project: Project): readonly NamedRows[] {
  const rows: { table: string; values: Record<string, string> }[] = [];
  for (const word of words) {
    const at = word.indexOf('=');
    const last = rows.at(-1);
    if (at < 0) rows.push({ table: tableIn(word, project), values: {} });
    else if (last === undefined || at === 0)
      throw new LakeError('LS4001', `${word} belongs to no table: write TABLE column=value.`);
    else last.values[word.slice(0, at)] = word.slice(at + 1);
  }
  const bare = rows.find(({ values }) => Object.keys(values).length === 0);
  if (bare !== undefined)
    throw new LakeError('LS4001', `Which rows of ${bare.table}? Write column=value after it, such as id=17.`);
  return rows;
}

function tableIn(name: string, { tables }: Project): string {
  if (tables.has(name)) return name;
  const near = nearestName(name, [...tables.keys()]);
  throw new LakeError(
    'LS3003',
    `No table of the project is called ${name}${near === undefined ? ': rows are forgotten where the project makes them.' : `; did you mean ${near}?`}`,
  );
}
