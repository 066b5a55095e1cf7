/** One thing that an editor offers. */
export interface CompletionItem {
  readonly label: string;
  readonly kind: number;
  readonly detail?: string;
  readonly documentation?: string;
  readonly insertText?: string;
  readonly filterText?: string;
}

/** Kinds of items by their numbers in the protocol. */
export const kinds = { field: 5, variable: 6, class: 7, property: 10, value: 12 } as const;
