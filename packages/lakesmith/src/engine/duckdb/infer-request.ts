import type { InferRequest } from '../engine.ts';
import type { FormGroup } from '../text-forms.ts';

/** A request whose files were looked at. */
export interface GroupedRequest extends InferRequest {
  readonly groups: readonly FormGroup<{ readonly location: string }>[];
}

/** The names whose types the caller knows, in small letters. */
export function knownNames({ known = [] }: InferRequest): ReadonlySet<string> {
  return new Set(known.map((name) => name.toLowerCase()));
}
