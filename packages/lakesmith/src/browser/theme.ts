const key = 'lakesmith-theme';

/** Shows the theme that the reader chose, before anything is drawn; without a choice it is the system's, and follows it. */
export function applyTheme(): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    const chosen = remembered();
    const isDark = chosen === undefined ? system.matches : chosen === 'dark';
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
  };
  apply();
  system.addEventListener('change', apply);
}

/** Goes to the other theme, and remembers it. */
export function switchTheme(): void {
  const next = document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = next;
  remember(next);
}

/** Pages opened from disk have no storage in some browsers: then the choice lasts as long as the page. */
function remembered(): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(theme: string): boolean {
  try {
    localStorage.setItem(key, theme);
    return true;
  } catch {
    return false;
  }
}
