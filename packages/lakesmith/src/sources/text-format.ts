import type { TextFormat } from '../engine/engine.ts';
import { jsonForm } from '../engine/text-forms.ts';
import type { FileOrigin } from '../project/model.ts';

/** How the files of a source are written, as its settings say. Which form of JSON a file has is told by looking at it. */
export function textFormatOf(from: FileOrigin): TextFormat {
  if (from.format !== 'csv') return { type: from.format };
  return { type: 'csv', header: from.header, ...(from.delimiter === undefined ? {} : { delimiter: from.delimiter }) };
}

/** How one file of a source is written. */
export async function formatOfFile(from: FileOrigin, file: string): Promise<TextFormat> {
  return from.format === 'csv' ? textFormatOf(from) : { type: await jsonForm(file) };
}
