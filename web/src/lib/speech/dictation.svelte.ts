// Dictation by the browser's own recognition of speech. On the device if the browser can; else the browser may send the recording to
// its maker, which users allow first.
import { readSetting, writeSetting } from '$lib/state/settings';

interface Result {
  isFinal: boolean;
  0: { transcript: string };
}

/** What is used of the browser's SpeechRecognition. */
export interface RecognitionLike {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  processLocally?: boolean;
  onresult: ((event: { resultIndex: number; results: ArrayLike<Result> }) => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  onend: (() => void) | null;
  start(): void;
  stop(): void;
  abort(): void;
}

export interface RecognitionKind {
  new (): RecognitionLike;
  /** Newer browsers only. */
  available?(options: { langs: string[]; processLocally: boolean }): Promise<string>;
}

export type DictationFault = 'refused' | 'silent' | 'failed';

/** The browser's recognition; null if it has none. */
export function recognitionOf(scope: object): RecognitionKind | null {
  const found = scope as { SpeechRecognition?: RecognitionKind; webkitSpeechRecognition?: RecognitionKind };
  return found.SpeechRecognition ?? found.webkitSpeechRecognition ?? null;
}

export class Dictation {
  listening = $state(false);
  fault = $state<DictationFault | null>(null);
  #recognition: RecognitionLike | null = null;

  constructor(
    private readonly kind: RecognitionKind | null,
    /** Puts what was said into the box; `final` is false while it may still change. */
    private readonly heard: (text: string, final: boolean) => void
  ) {}

  get supported(): boolean {
    return this.kind !== null;
  }

  /** True if speech of this language stays on the device. */
  async staysHere(language: string): Promise<boolean> {
    try {
      return (await this.kind?.available?.({ langs: [language], processLocally: true })) === 'available';
    } catch {
      return false;
    }
  }

  /** Begins to listen. `here`: the browser must not send the recording away. */
  start(language: string, here: boolean): void {
    if (!this.kind || this.listening) return;
    this.fault = null;
    const recognition = new this.kind();
    Object.assign(recognition, { lang: language, continuous: true, interimResults: true });
    if (here) recognition.processLocally = true;
    recognition.onresult = ({ resultIndex, results }) => {
      if (recognition !== this.#recognition) return;
      const latest = Array.from(results).slice(resultIndex);
      // Finished phrases first: what is not finished yet comes after them.
      const said = (final: boolean) =>
        latest
          .filter(({ isFinal }) => isFinal === final)
          .map((result) => result[0].transcript.trim())
          .filter(Boolean)
          .join(' ');
      if (said(true)) this.heard(said(true), true);
      this.heard(said(false), false);
    };
    recognition.onerror = ({ error }) => {
      if (recognition === this.#recognition && error !== 'aborted') this.fault = faultOf(error);
    };
    recognition.onend = () => recognition === this.#recognition && this.#over();
    this.#recognition = recognition;
    this.listening = true;
    try {
      recognition.start();
    } catch {
      this.fault = 'failed';
      this.#over();
    }
  }

  /** Ends after what was said so far is understood. */
  stop(): void {
    this.#recognition?.stop();
  }

  /** Ends at once: the box is gone, or its text was sent. */
  abort(): void {
    const recognition = this.#recognition;
    this.#over();
    recognition?.abort();
  }

  #over(): void {
    this.#recognition = null;
    this.listening = false;
    this.heard('', false);
  }
}

function faultOf(error: string): DictationFault {
  if (error === 'not-allowed' || error === 'service-not-allowed' || error === 'audio-capture') return 'refused';
  return error === 'no-speech' ? 'silent' : 'failed';
}

/** Whether the user allowed that the browser sends recordings to its maker. */
export const dictationAllowed = (): boolean => readSetting('dictation') === 'allowed';
export const allowDictation = (): void => writeSetting('dictation', 'allowed');
