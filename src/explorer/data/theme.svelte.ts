/** Light or dark: as the machine has it, unless the visitor chose. The choice stays with this browser. */

export type Theme = 'system' | 'light' | 'dark';

class ThemeChoice {
  current: Theme = $state(stored());

  /** Goes to the next of the three. */
  cycle(): void {
    const next = ORDER[(ORDER.indexOf(this.current) + 1) % ORDER.length] ?? 'system';
    this.current = next;
    apply(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A browser that keeps nothing forgets this, too.
    }
  }
}

function stored(): Theme {
  let text: string | null = null;
  try {
    text = localStorage.getItem(KEY);
  } catch {
    // As where nothing was chosen.
  }
  const theme = ORDER.find((each) => each === text) ?? 'system';
  apply(theme);
  return theme;
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

const KEY = 'cairn-theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];

export const theme = new ThemeChoice();
