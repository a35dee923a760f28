// A command that is being typed at the start of a question: `/weekly`.

export interface SlashCommand {
  /** What follows the slash, up to the caret. */
  query: string;
  /** Where the command ends in the question. */
  end: number;
}

// As commands are stored: letters and digits, and hyphens after them.
const COMMAND = /^[a-z0-9åäö][a-z0-9åäö-]*$/;
const MAX_COMMAND = 50;

/** The command that the caret is in; null if there is none. A path (`/etc/hosts`) is no command. */
export function slashCommand(question: string, caret: number): SlashCommand | null {
  const typed = /^\/[^\s/]*(?=\s|$)/u.exec(question)?.[0];
  if (typed === undefined || caret < 1 || caret > typed.length) return null;
  return { query: typed.slice(1, caret), end: typed.length };
}

/** A command for a title: "Weekly report" becomes "weekly-report". Accents that no command has are left out. */
export function commandFor(title: string): string {
  const plain = Array.from(title.normalize('NFC').toLowerCase(), (letter) =>
    /[åäö]/.test(letter) ? letter : letter.normalize('NFD').replace(/\p{M}/gu, '')
  );
  const words = plain.join('').replace(/[^a-z0-9åäö]+/g, '-');
  return words.replace(/^-+/, '').slice(0, MAX_COMMAND).replace(/-+$/, '');
}

export function isCommand(text: string): boolean {
  return text.length <= MAX_COMMAND && COMMAND.test(text);
}
