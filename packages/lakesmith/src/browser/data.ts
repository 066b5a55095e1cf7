import type { ColumnsData, OverviewData, QualityData, TableData } from '../site/catalogue.ts';

declare global {
  interface Window {
    /** What the scripts of data/ bring, by their names. */
    lakesmith?: Readonly<Record<string, unknown>>;
  }
}

/** What the page was opened with. */
export function overviewData(): OverviewData {
  return window.lakesmith?.['overview'] as OverviewData;
}

export async function columnsData(): Promise<ColumnsData> {
  return (await loaded('columns')) as ColumnsData;
}

export async function qualityData(): Promise<QualityData> {
  return (await loaded('quality')) as QualityData;
}

export async function tableData(file: string): Promise<TableData> {
  return (await loaded(`tables/${file.replace(/\.js$/, '')}`)) as TableData;
}

const loading = new Map<string, Promise<unknown>>();

/** A page that is opened from disk may not fetch files, but it may run them. Each is loaded once. */
async function loaded(name: string): Promise<unknown> {
  const known = loading.get(name);
  if (known !== undefined) return await known;
  const found = new Promise<unknown>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `data/${name}.js`;
    script.addEventListener('load', () => {
      resolve(window.lakesmith?.[name]);
    });
    script.addEventListener('error', () => {
      reject(new Error(`data/${name}.js is not in this folder: run lakesmith docs again.`));
    });
    document.head.append(script);
  });
  loading.set(name, found);
  return await found;
}
