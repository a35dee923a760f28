// What this browser remembers. Storage may be forbidden; then nothing is remembered and nothing breaks.

export type Setting =
  'theme' | 'language' | 'sidebar' | 'assistant' | 'keys' | 'tenant' | 'code-lines' | 'dictation' | 'folders';

export function readSetting(setting: Setting): string | null {
  try {
    return localStorage.getItem(`tessera.${setting}`);
  } catch {
    return null;
  }
}

export function writeSetting(setting: Setting, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`tessera.${setting}`);
    else localStorage.setItem(`tessera.${setting}`, value);
  } catch {
    // Forgotten at the next visit.
  }
}
