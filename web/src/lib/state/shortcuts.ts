// Which key does what. Plain letters work only where nobody is typing.

export type Command = 'switcher' | 'ask' | 'newChat' | 'sidebar' | 'help' | 'search';

export interface Keystroke {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const LETTERS = new Map<string, Command>([
  ['/', 'ask'],
  ['n', 'newChat'],
  ['s', 'search'],
  ['?', 'help']
]);

/** The command of a keystroke; `typing` is true where letters are no commands, `modal` while a dialog is open. */
export function commandFor(stroke: Keystroke, typing: boolean, modal: boolean): Command | null {
  const chord = stroke.ctrlKey || stroke.metaKey;
  if (chord && !stroke.altKey && !stroke.shiftKey) {
    if (stroke.key.toLowerCase() === 'k') return 'switcher';
    if (stroke.key.toLowerCase() === 'b') return 'sidebar';
  }
  if (chord || stroke.altKey || typing || modal) return null;
  return LETTERS.get(stroke.key) ?? null;
}

/** True where keys write text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
