import { expect, it } from 'vitest';
import type { ModelProvider } from '$lib/api/types';
import { bodyOf, catalogueName, draftOf, faultsOf, usableKinds, withVariants } from './provider-draft';

const known = (name: string, dialect: 'openai' | 'ollama' | 'azure', base_url: string) => ({
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
  expect(draft).toEqual({
    kind: 'openai',
    name: 'OPENAI',
    base_url: 'https://api.openai.com/v1',
    credential: '',
    api_version: ''
  });
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

it('offers the other APIs of OpenAI and Azure, and sends the version that Azure needs', () => {
  const azure = known('azure', 'azure', 'https://NAME.openai.azure.com/openai/v1');
  const all = withVariants([openai, azure, ollama]);
  expect(all.map(({ name }) => name)).toEqual(['openai', 'openai_responses', 'azure', 'azure_dated', 'ollama']);
  expect(all.map(catalogueName)).toEqual(['openai', 'openai', 'azure', 'azure', 'ollama']);
  const dated = all[3];
  const draft = { ...draftOf(dated), base_url: 'https://x.openai.azure.com/openai' };
  expect(dated?.base_url).toBe('https://NAME.openai.azure.com/openai');
  expect(bodyOf(draft, dated)).toMatchObject({ dialect: 'azure_dated', api_version: '2024-10-21' });
  expect(faultsOf({ ...draft, api_version: ' ' }, dated).api_version).toBe('version');
  expect(bodyOf(draftOf(all[1]), all[1])).toMatchObject({ dialect: 'openai_responses' });
  expect(bodyOf(draftOf(openai), openai)).not.toHaveProperty('api_version');
});
