/** A description in two: what lists show of it, and what follows. */
export function firstSentence(text: string): { readonly first: string; readonly more: string } {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  const [sentence = flat] = /^.*?[.!?](?= |$)/.exec(flat) ?? [];
  const size = sentence.length <= 160 ? sentence.length : 159;
  return { first: size < sentence.length ? `${flat.slice(0, size)}…` : sentence, more: flat.slice(size).trim() };
}
