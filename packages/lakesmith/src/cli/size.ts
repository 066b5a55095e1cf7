import { LakeError } from '../core/errors.ts';

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** '2GB', '512 MB', '1.5g' as bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text.trim());
  const unit = units[(match?.[2] ?? '').toLowerCase()];
  if (match?.[1] === undefined || unit === undefined) {
    throw new LakeError('LS4001', `${text} is not a size: write 512MB or 2GB.`);
  }
  return Math.floor(Number(match[1]) * unit);
}
