import { afterEach, describe, expect, it } from 'vitest';
import { entryText, failureText, partsText } from './import-text';
import { locale } from './index.svelte';

afterEach(() => locale.choose('en'));

describe('what came of an import', () => {
  it('names what was left out, in both languages', () => {
    expect(partsText({ image: 2, file: 1 })).toBe('2 pictures and 1 file');
    locale.choose('sv');
    expect(partsText({ image: 2, tool: 1, file: 1 })).toBe('2 bilder, 1 verktygsanrop och 1 fil');
  });

  it('counts a kind that it does not know as another part', () => {
    expect(partsText({ hologram: 3 })).toBe('3 other parts');
  });

  it('says what became of a conversation', () => {
    const entry = { position: 1, title: 'Hours', conversation_id: null };
    expect(entryText({ ...entry, outcome: 'partial', left_out: { audio: 1 } })).toBe('Without 1 recording');
    expect(entryText({ ...entry, outcome: 'duplicate', left_out: {} })).toBe('Already here, left as it is');
  });

  it('has a word for every failure', () => {
    expect(failureText('import_broken')).toContain('damaged');
    expect(failureText('worker_died')).toContain('failed');
  });
});
