import type { BoundReaders } from '../project/bind-readers.ts';
import { judgeExtras } from '../project/examine.ts';
import { arrangeFindings, findingsError } from '../project/findings.ts';
import { compilerOf } from '../run/compiler.ts';
import type { Prepared } from '../run/prepare.ts';
import { prepare, sightOf } from '../run/prepare.ts';
import type { Workbench } from './open.ts';

/** A project in which nothing is wrong, and what its dashboards and alerts read. */
export type Checked = Prepared & Pick<BoundReaders, 'reads'>;

/** Binds a project, or the part of it that was read, its tests, dashboards and alerts. Throws all errors together. */
export async function checkProject(bench: Workbench): Promise<Checked> {
  const prepared = await prepare(bench);
  const { bound, sighting } = prepared;
  const { untold } = sightOf(sighting, bench.project);
  const extras = await judgeExtras({ compiler: compilerOf(bench.engine), bound, untold });
  const [first, ...others] = arrangeFindings(extras.diagnostics, bench.project.texts);
  if (first !== undefined) throw findingsError([first, ...others]);
  return { ...prepared, reads: extras.reads };
}
