// Reads answers aloud by the browser's own voices, one answer at a time. Only voices of this device: others would send the text away.

/** What is used of a voice. */
export interface VoiceLike {
  lang: string;
  localService: boolean;
  default: boolean;
}

/** The voice of this device that speaks a language; null if there is none. */
export function localVoice<Voice extends VoiceLike>(voices: readonly Voice[], language: string): Voice | null {
  const speaks = voices.filter(
    ({ lang, localService }) => localService && lang.toLowerCase().replace('_', '-').split('-')[0] === language
  );
  return speaks.find((voice) => voice.default) ?? speaks[0] ?? null;
}

class Aloud {
  /** The answer that is being read; null if none is. */
  reading = $state<string | null>(null);
  #voices = $state.raw<SpeechSynthesisVoice[]>([]);
  #listening = false;

  /** True if this device can read a language aloud. */
  speaks(language: string): boolean {
    this.#listen();
    return localVoice(this.#voices, language) !== null;
  }

  read(id: string, parts: readonly string[], language: string): void {
    this.stop();
    const voice = localVoice(this.#voices, language);
    if (!voice || parts.length === 0) return;
    this.reading = id;
    for (const [at, part] of parts.entries()) {
      const utterance = new SpeechSynthesisUtterance(part);
      utterance.voice = voice;
      utterance.lang = voice.lang;
      const ends = () => this.reading === id && (this.reading = null);
      utterance.onerror = ends;
      if (at === parts.length - 1) utterance.onend = ends;
      speechSynthesis.speak(utterance);
    }
  }

  stop(): void {
    // First, so that the events of what is cancelled change nothing.
    this.reading = null;
    if (supported()) speechSynthesis.cancel();
  }

  /** Browsers load their voices after the first question for them. */
  #listen(): void {
    if (this.#listening || !supported()) return;
    this.#listening = true;
    const load = () => (this.#voices = speechSynthesis.getVoices());
    speechSynthesis.addEventListener('voiceschanged', load);
    // Not while a page is being drawn, which reads the state.
    queueMicrotask(load);
    // The browser would read on after the page is gone.
    addEventListener('pagehide', () => this.stop());
  }
}

function supported(): boolean {
  return typeof speechSynthesis !== 'undefined' && typeof SpeechSynthesisUtterance !== 'undefined';
}

export const aloud = new Aloud();
