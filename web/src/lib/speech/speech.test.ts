import { expect, it } from 'vitest';
import { parseMarkdown } from '$lib/markdown/parse';
import { localVoice } from './aloud.svelte';
import { Dictation, recognitionOf, type RecognitionLike } from './dictation.svelte';
import { MOST_SPOKEN, spokenParts } from './spoken';

const names = { code: 'Code', formula: 'Formula', diagram: 'Diagram' };
const spoken = (text: string) => spokenParts(parseMarkdown(text, new Set([1])), names);

it('an answer is read without marks, sources and code', () => {
  const text =
    '## Fee\n\nIt is **50 kr** [1]. Pay *soon*!\n\n- one\n- two\n\n```js\nlet a\n```\n\n```mermaid\nx\n```\n\n| a | b |\n|-|-|\n| 1 | |';
  expect(spoken(text)).toEqual(['Fee', 'It is 50 kr.', 'Pay soon!', 'one', 'two', 'Code', 'Diagram', 'a, b', '1']);
});

it('of a formula only what a voice can say is read', () => {
  expect(spoken('With \\(n\\) and \\(a^2 + b\\) [1].')).toEqual(['With n and Formula.']);
});

it('long sentences are cut between words, and nothing is lost', () => {
  const text = 'word '.repeat(200).trim();
  const parts = spoken(text);
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(220);
  expect(parts.join(' ')).toBe(text);
  expect(spoken('x'.repeat(1_000)).join('')).toBe('x'.repeat(1_000));
});

it('what is queued for reading is bounded', () => {
  const length = spoken('Some words. '.repeat(20_000)).join('').length;
  expect(length).toBeGreaterThan(MOST_SPOKEN / 2);
  expect(length).toBeLessThanOrEqual(MOST_SPOKEN);
});

it('only a voice of this device reads, in the language of the text', () => {
  const voice = (lang: string, localService: boolean, isDefault = false) => ({
    lang,
    localService,
    default: isDefault
  });
  const voices = [voice('sv-SE', false), voice('sv_SE', true), voice('en-GB', true), voice('en-US', true, true)];
  expect(localVoice(voices, 'sv')).toBe(voices[1]);
  expect(localVoice(voices, 'en')).toBe(voices[3]);
  expect(localVoice([voice('sv-SE', false)], 'sv')).toBeNull();
  expect(localVoice(voices, 'de')).toBeNull();
});

class FakeRecognition implements RecognitionLike {
  static last: FakeRecognition;
  static available?: (options: object) => Promise<string>;
  lang = '';
  continuous = false;
  interimResults = false;
  processLocally = false;
  calls: string[] = [];
  onresult: RecognitionLike['onresult'] = null;
  onerror: RecognitionLike['onerror'] = null;
  onend: RecognitionLike['onend'] = null;
  constructor() {
    FakeRecognition.last = this;
  }
  start = () => void this.calls.push('start');
  stop = () => void this.calls.push('stop');
  abort = () => void this.calls.push('abort');
  hears(results: [string, boolean][], resultIndex = 0): void {
    this.onresult?.({ resultIndex, results: results.map(([transcript, isFinal]) => ({ isFinal, 0: { transcript } })) });
  }
}

function dictation() {
  const heard: [string, boolean][] = [];
  const one = new Dictation(FakeRecognition, (text, final) => heard.push([text, final]));
  return { one, heard };
}

it('there is no dictation where the browser has none', () => {
  expect(recognitionOf({})).toBeNull();
  expect(new Dictation(null, () => undefined).supported).toBe(false);
  expect(recognitionOf({ webkitSpeechRecognition: FakeRecognition })).toBe(FakeRecognition);
});

it('finished phrases are taken, unfinished ones only shown', () => {
  const { one, heard } = dictation();
  one.start('sv-SE', true);
  expect(FakeRecognition.last).toMatchObject({ lang: 'sv-SE', processLocally: true, calls: ['start'] });
  FakeRecognition.last.hears([['vad', false]]);
  FakeRecognition.last.hears([['vad kostar det', true]]);
  FakeRecognition.last.hears(
    [
      ['vad kostar det', true],
      [' att', false]
    ],
    1
  );
  expect(heard).toEqual([
    ['vad', false],
    ['vad kostar det', true],
    ['', false],
    ['att', false]
  ]);
});

it('after the question was sent nothing more is put into the box', () => {
  const { one, heard } = dictation();
  one.start('sv-SE', false);
  one.abort();
  heard.length = 0;
  FakeRecognition.last.hears([['late', true]]);
  FakeRecognition.last.onend?.();
  expect([heard, one.listening, FakeRecognition.last.calls]).toEqual([[], false, ['start', 'abort']]);
});

it('a refused microphone is reported', () => {
  const { one } = dictation();
  one.start('sv-SE', false);
  FakeRecognition.last.onerror?.({ error: 'not-allowed' });
  FakeRecognition.last.onend?.();
  expect([one.fault, one.listening]).toEqual(['refused', false]);
});

it('speech stays here only if the browser says so', async () => {
  const { one } = dictation();
  expect(await one.staysHere('sv-SE')).toBe(false);
  FakeRecognition.available = async () => 'available';
  expect(await one.staysHere('sv-SE')).toBe(true);
  FakeRecognition.available = async () => 'downloadable';
  expect(await one.staysHere('sv-SE')).toBe(false);
  FakeRecognition.available = async () => Promise.reject(new Error('no'));
  expect(await one.staysHere('sv-SE')).toBe(false);
  delete FakeRecognition.available;
});
