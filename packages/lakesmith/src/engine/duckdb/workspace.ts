import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExactFiles } from './exact-files.ts';

/** What one request leaves lying about: a folder for copies, and whose copies they are. */
export class Workspace {
  private made: Promise<string> | undefined;
  private readonly labels = new Map<string, string>();
  private readonly parent: string;

  /** What is known of files beyond this request. */
  readonly exactFiles: ExactFiles;

  constructor(parent: string = tmpdir(), exactFiles: ExactFiles = new ExactFiles()) {
    this.parent = parent;
    this.exactFiles = exactFiles;
  }

  /** A folder for this request alone; it goes with it. */
  folder(): Promise<string> {
    this.made ??= mkdtemp(join(this.parent, 'lakesmith-'));
    return this.made;
  }

  /** Says under which label a file is known to the user. */
  nameFile(location: string, label: string): void {
    this.labels.set(location, label);
  }

  /** The label of a file, or its location. */
  labelOf(location: string): string {
    return this.labels.get(location) ?? location;
  }

  async close(): Promise<void> {
    if (this.made !== undefined) await rm(await this.made, { recursive: true, force: true });
  }
}
