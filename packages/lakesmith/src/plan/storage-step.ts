import { count } from '../core/quantity.ts';
import { changedProperties, plainStorage, sameColumns } from '../core/storage-settings.ts';
import type { StorageSettings } from '../core/storage-settings.ts';
import type { MadeBy } from '../lake/release.ts';
import type { ProjectTable } from '../project/model.ts';
import type { PlanStep } from './plan.ts';
import type { StepContext } from './step-context.ts';

/** How the table lay when this was made. */
export function storageThen(madeBy: MadeBy | undefined): StorageSettings {
  return madeBy?.storage ?? plainStorage;
}

/** A table whose rows stay, and whose settings say that they are to lie otherwise. New partitions are a rebuild. */
export function planStorage(table: ProjectTable, step: PlanStep, { observation }: StepContext): PlanStep {
  const state = observation.tables.get(table.name);
  const isView = table.kind === 'model' && table.modelKind === 'view';
  const keepsRows = step.strategy === 'same' || step.strategy === 'judged';
  const isIdle = step.action === 'skip' && step.reason === '';
  if (!(isIdle || keepsRows) || isView) return step;
  if (state?.madeBy === undefined || state.foreign || state.shared === true) return step;
  const before = storageThen(state.madeBy);
  const { storage } = table;
  const moves = !sameColumns(before.clusterBy, storage.clusterBy);
  const properties = Object.keys(changedProperties(before, storage) ?? {});
  if (!moves && properties.length === 0) return step;
  const rewrites = moves && storage.clusterBy.length > 0 && state.files > 0;
  const detail = [
    ...(rewrites ? [`recluster: rewrites ${count(state.files, 'file')}`] : []),
    ...(properties.length === 0 ? [] : [`properties: ${properties.join(', ')}`]),
  ];
  const reason = moves ? 'cluster_by changed' : 'properties changed';
  const estimate = rewrites ? { files: state.files, bytes: state.bytes } : {};
  if (keepsRows) {
    const details = [step.detail, ...detail].join('; ');
    return { ...step, detail: details, reason: `${step.reason}; ${reason}`, estimate };
  }
  const strategy = rewrites ? 'recluster' : 'properties';
  return { ...step, action: 'alter', strategy, detail: detail.join('; '), reason, estimate };
}
