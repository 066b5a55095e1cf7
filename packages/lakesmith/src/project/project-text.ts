import type { Diagnostic } from '../core/errors.ts';
import type { ProjectFiles } from './files.ts';
import { parseYaml } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

/** The files of a project as text. Keeps what it read, and what it found wrong, for the messages at the end. */
export class ProjectText {
  readonly texts: Map<string, string> = new Map();
  readonly diagnostics: Diagnostic[] = [];
  private readonly files: ProjectFiles;
  private readonly lists = new Map<string, readonly string[]>();
  /** What is no text is told once. */
  private readonly unreadable = new Set<string>();

  constructor(files: ProjectFiles) {
    this.files = files;
  }

  /** The files of a folder; a folder is looked through once. */
  async list(folder: string): Promise<readonly string[]> {
    const files = this.lists.get(folder) ?? (await this.files.list(folder));
    this.lists.set(folder, files);
    return files;
  }

  /** The bytes of a file; none when it vanished since it was listed. */
  async bytes(path: string): Promise<Uint8Array> {
    return (await this.files.read(path)) ?? new Uint8Array();
  }

  /** Undefined when there is no such file, or when it is not text. */
  async read(path: string): Promise<string | undefined> {
    const known = this.texts.get(path);
    if (known !== undefined || this.unreadable.has(path)) return known;
    const bytes = await this.files.read(path);
    if (bytes === undefined) return undefined;
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      this.texts.set(path, text);
      return text;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.unreadable.add(path);
      const place = { file: path, line: 1, column: 1 };
      this.diagnostics.push({
        code: 'LS1001',
        message: `${path} is not UTF-8 text`,
        place,
        hint: 'save the file as UTF-8',
      });
      return undefined;
    }
  }

  /** The value of a YAML file; undefined when it is empty or wrong. */
  async yaml(path: string): Promise<YamlValue | undefined> {
    const text = await this.read(path);
    if (text === undefined) return undefined;
    const { value, diagnostics } = parseYaml({ text, file: path });
    this.diagnostics.push(...diagnostics);
    if (value === undefined && diagnostics.length === 0) {
      const place = { file: path, line: 1, column: 1 };
      this.diagnostics.push({
        code: 'LS1004',
        message: `${path} is empty`,
        place,
        hint: 'write its settings, or remove the file',
      });
    }
    return value;
  }
}
