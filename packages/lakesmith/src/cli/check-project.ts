import { testFindings } from '../project/bind-tests.ts';
import { arrangeFindings, findingsError } from '../project/findings.ts';
import type { Prepared } from '../run/prepare.ts';
import { prepare } from '../run/prepare.ts';
import type { Workbench } from './open.ts';

/** Binds a project, or the part of it that was read, and its tests. Throws all errors together. */
export async function checkProject(bench: Workbench): Promise<Prepared> {
  const prepared = await prepare(bench);
  const { extras, unread } = bench.project;
  const tests = extras.tests.filter(({ table }) => !unread.has(table));
  const findings = tests.flatMap((test) => testFindings(test, prepared.bound));
  const [first, ...others] = arrangeFindings(findings, bench.project.texts);
  if (first !== undefined) throw findingsError([first, ...others]);
  return prepared;
}
