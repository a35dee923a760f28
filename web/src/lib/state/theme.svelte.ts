// Light, dark, or what the system says. static/theme.js applies the stored choice before the first paint.
import { readSetting, writeSetting } from './settings';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

class ThemeChoice {
  current = $state<Theme>('system');

  constructor() {
    const stored = readSetting('theme');
    this.current = stored === 'light' || stored === 'dark' ? stored : 'system';
  }

  choose(theme: Theme): void {
    this.current = theme;
    writeSetting('theme', theme === 'system' ? null : theme);
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
}

export const theme = new ThemeChoice();
