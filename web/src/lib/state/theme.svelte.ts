// Light, dark, or what the system says. static/theme.js applies the stored choice before the first paint.
import { MediaQuery } from 'svelte/reactivity';
import { readSetting, writeSetting } from './settings';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const darkSystem = new MediaQuery('prefers-color-scheme: dark', false);

class ThemeChoice {
  current = $state<Theme>('system');

  constructor() {
    const stored = readSetting('theme');
    this.current = stored === 'light' || stored === 'dark' ? stored : 'system';
  }

  /** True while dark colours are shown. */
  get dark(): boolean {
    return this.current === 'system' ? darkSystem.current : this.current === 'dark';
  }

  choose(theme: Theme): void {
    this.current = theme;
    writeSetting('theme', theme === 'system' ? null : theme);
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
}

export const theme = new ThemeChoice();
