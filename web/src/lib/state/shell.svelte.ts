// The frame around the pages: sidebar, drawer, the dialogs that keys open, and the box that "/" focuses.
import { readSetting, writeSetting } from './settings';

class Shell {
  collapsed = $state(readSetting('sidebar') === 'collapsed');
  /** Shortcuts of one letter; people who dictate or strike keys by chance turn them off (WCAG 2.1.4). */
  letterKeys = $state(readSetting('keys') !== 'off');
  drawer = $state(false);
  switcher = $state(false);
  shortcuts = $state(false);
  newSpace = $state(false);
  /** The page's own question or search box, if it has one. */
  askBox: HTMLElement | null = null;

  toggleSidebar(): void {
    this.collapsed = !this.collapsed;
    writeSetting('sidebar', this.collapsed ? 'collapsed' : null);
  }

  setLetterKeys(on: boolean): void {
    this.letterKeys = on;
    writeSetting('keys', on ? null : 'off');
  }

  /** Attachment for the box that "/" focuses. */
  readonly isAskBox = (element: HTMLElement): (() => void) => {
    this.askBox = element;
    return () => {
      if (this.askBox === element) this.askBox = null;
    };
  };
}

export const shell = new Shell();
