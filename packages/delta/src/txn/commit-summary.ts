import type { Action, AddFile, CommitInfo, Metadata, Protocol } from '../actions.ts';
import { canonicalPath } from '../paths.ts';

/** What one commit does, as far as others care. */
export interface CommitSummary {
  readonly protocol: Protocol | undefined;
  readonly metadata: Metadata | undefined;
  readonly domains: ReadonlySet<string>;
  readonly appIds: ReadonlySet<string>;
  /** Paths, whatever deletion vector they have. */
  readonly removed: ReadonlySet<string>;
  readonly added: ReadonlySet<string>;
  /** Files with rows that the table did not have. */
  readonly newRows: readonly AddFile[];
  /** Takes rows away, or tells of rows that changed. */
  readonly changesRows: boolean;
  readonly info: CommitInfo | undefined;
}

/** Sums up the actions of a commit. */
export function summarize(actions: readonly Action[]): CommitSummary {
  const domains = new Set<string>();
  const appIds = new Set<string>();
  const removed = new Set<string>();
  const added = new Set<string>();
  const newRows: AddFile[] = [];
  let protocol: Protocol | undefined;
  let metadata: Metadata | undefined;
  let info: CommitInfo | undefined;
  let changesRows = false;
  for (const action of actions) {
    if ('add' in action) {
      added.add(canonicalPath(action.add.path));
      if (action.add.dataChange) newRows.push(action.add);
    } else if ('remove' in action) {
      removed.add(canonicalPath(action.remove.path));
      changesRows ||= action.remove.dataChange;
    } else if ('protocol' in action) ({ protocol } = action);
    else if ('metaData' in action) metadata = action.metaData;
    else if ('domainMetadata' in action) domains.add(action.domainMetadata.domain);
    else if ('txn' in action) appIds.add(action.txn.appId);
    else if ('cdc' in action) changesRows = true;
    else info = action.commitInfo;
  }
  return { protocol, metadata, domains, appIds, removed, added, newRows, changesRows, info };
}
