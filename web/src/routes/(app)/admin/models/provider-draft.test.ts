import { expect, it } from 'vitest';
import type { ModelProvider } from '$lib/api/types';
import { bodyOf, draftOf, faultsOf, usableKinds } from './provider-draft';

const known = (name: string, dialect: 'openai' | 'ollama', base_url: string) => ({
  name,
  title: name.toUpperCase(),
  dialect,
  base_url,
  models: []
});
const openai = known('openai', 'openai', 'https://api.openai.com/v1');
const ollama = known('ollama', 'ollama', 'http://HOST:11434/api');

it('starts from what the catalogue knows', () => {
  const draft = draftOf(openai);
  expect(draft).toEqual({ kind: 'openai', name: 'OPENAI', base_url: 'https://api.openai.com/v1', credential: '' });
  expect(faultsOf(draft)).toEqual({ name: undefined, base_url: undefined });
});

it('asks for the host that the catalogue cannot know', () => {
  expect(faultsOf(draftOf(ollama)).base_url).toBe('placeholder');
  expect(faultsOf({ ...draftOf(ollama), base_url: 'http://gpu.example.internal:11434/api' }).base_url).toBeUndefined();
});

it('names what is missing of another server', () => {
  expect(faultsOf(draftOf(undefined))).toEqual({ name: 'required', base_url: 'address' });
  expect(faultsOf({ ...draftOf(undefined), base_url: 'ftp://example.org' }).base_url).toBe('address');
});

it('sends no empty credential, and speaks like OpenAI where nothing else is known', () => {
  const draft = { ...draftOf(undefined), name: ' Own ', base_url: ' https://llm.example.org/v1 ', credential: ' ' };
  expect(bodyOf(draft, undefined)).toEqual({
    name: 'Own',
    dialect: 'compatible',
    base_url: 'https://llm.example.org/v1'
  });
  expect(bodyOf({ ...draft, credential: 'sk-1' }, openai)).toMatchObject({ dialect: 'openai', credential: 'sk-1' });
});

it('asks for the kind of a model only where a provider may have several', () => {
  const dialects = ['openai', 'anthropic', 'compatible', 'jina'] as const;
  const kinds = dialects.map((dialect) => usableKinds({ dialect } as ModelProvider));
  expect(kinds).toEqual([['chat', 'transcription'], ['chat'], ['chat', 'rerank', 'transcription'], ['rerank']]);
});
