import { overviewData } from './data.ts';
import type { Child } from './element.ts';
import { fill, h } from './element.ts';
import { lineagePage } from './lineage.ts';
import { overviewPage } from './overview.ts';
import { empty } from './parts.ts';
import { qualityPage } from './quality.ts';
import type { Route } from './route.ts';
import { link, parseRoute } from './route.ts';
import { shell } from './shell.ts';
import { tablePage } from './table.ts';
import { tablesPage } from './tables.ts';
import { applyTheme } from './theme.ts';
import type { OverviewData } from '../site/catalogue.ts';

/** How far each state was scrolled when it was left, for who comes back to it. */
const scrolled = new Map<string, number>();

applyTheme();
document.addEventListener('DOMContentLoaded', begin);

function begin(): void {
  const overview = overviewData();
  const frame = shell(overview);
  document.body.append(frame.element);
  history.scrollRestoration = 'manual';
  let shown = '';
  let drawn = 0;
  const draw = async (isBack: boolean): Promise<void> => {
    const route = parseRoute(location.hash);
    const turn = (drawn += 1);
    const before = parseRoute(shown);
    const page = await pageOf(overview, route);
    // The reader has gone on while the data of this page came.
    if (turn !== drawn) return;
    fill(frame.main, page);
    const heading = frame.main.querySelector('h1');
    document.title = [heading?.textContent ?? '', overview.project]
      .filter((one, i, all) => all.indexOf(one) === i)
      .join(' · ');
    frame.mark(route.page, route.path[0]);
    look(route, before, isBack ? scrolled.get(location.hash) : undefined);
    shown = location.hash;
    frame.main.dataset['shown'] = shown;
  };
  // A link makes an entry of its own; going back and forth finds one that is there.
  let isLink = false;
  document.addEventListener('click', (event) => {
    isLink = event.target instanceof Element && event.target.closest('a') !== null;
    scrolled.set(location.hash, scrollY);
  });
  addEventListener('hashchange', () => {
    void draw(!isLink);
    isLink = false;
  });
  void draw(false);
}

/** Shows the part of the page that was asked for, or where it was left; a new page is told to those who cannot see it. */
function look({ page, path, options }: Route, before: Route, y: number | undefined): void {
  const part = document.getElementById(options['part'] ?? '') ?? document.getElementById('asked');
  if (y !== undefined) scrollTo(0, y);
  else if (part !== null) part.scrollIntoView({ block: part.id === 'asked' ? 'center' : 'start' });
  else if (page !== before.page || path[0] !== before.path[0]) scrollTo(0, 0);
  if (before.page !== page || path[0] !== before.path[0])
    document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
}

async function pageOf(overview: OverviewData, route: Route): Promise<Child> {
  try {
    switch (route.page) {
      case '':
        return overviewPage(overview);
      case 'tables':
        return tablesPage(overview, route);
      case 'table':
        return await tablePage(overview, route);
      case 'lineage':
        return await lineagePage(overview, route);
      case 'quality':
        return await qualityPage(overview, route);
      default:
        return [h('h1', { tabindex: -1 }, 'Nothing here'), empty(h('a', { href: link([]) }, 'To the overview'))];
    }
  } catch (error) {
    return [
      h('h1', { tabindex: -1 }, 'This cannot be shown'),
      empty(error instanceof Error ? error.message : String(error)),
    ];
  }
}
