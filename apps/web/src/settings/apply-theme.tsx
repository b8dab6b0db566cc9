// Puts the chosen theme on the document, and follows the system's where that is chosen. A script in the
// head of each page does the same before anything is painted.

'use client';

import { useEffect } from 'react';
import { useSettings } from './settings.ts';

export function ApplyTheme(): null {
  const { theme } = useSettings();
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const apply = () => {
      const isDark = theme === 'dark' || (theme === 'system' && dark.matches);
      document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
    };
    apply();
    dark.addEventListener('change', apply);
    return () => dark.removeEventListener('change', apply);
  }, [theme]);
  return null;
}

/** The script of the head: plain JavaScript, for it runs as it stands. */
export const themeScript = `(() => {
  let theme = 'system';
  try { theme = JSON.parse(localStorage.getItem('patina.settings') ?? '{}').theme; } catch {}
  const isDark = theme === 'dark' ||
    (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();`;
