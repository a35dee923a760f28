// A provider before it is sent: which kind, where, with which credential.
import type { KnownProvider, ModelProvider, NewModelProvider, ProviderModel } from '$lib/api/types';

/** The kind of a server that is in no catalogue. */
export const OTHER = 'other';

export interface ProviderDraft {
  /** A name of the catalogue, or `OTHER`. */
  kind: string;
  name: string;
  base_url: string;
  credential: string;
}

export type ProviderFault = 'required' | 'address' | 'placeholder';

/** What assistants ask, what orders what searches find, and what writes down recordings. */
export type UsableKind = Extract<ProviderModel['kind'], 'chat' | 'rerank' | 'transcription'>;

const WITH_TRANSCRIPTION = ['openai', 'openai_responses', 'azure', 'azure_dated', 'mistral'];

/** What a person still has to fill in of a catalogue's address: `NAME` or `HOST`. */
const PLACEHOLDER = /\b(NAME|HOST)\b/;

export function draftOf(known: KnownProvider | undefined): ProviderDraft {
  if (!known) return { kind: OTHER, name: '', base_url: 'https://', credential: '' };
  return { kind: known.name, name: known.title, base_url: known.base_url, credential: '' };
}

export function faultsOf(draft: ProviderDraft): { name?: ProviderFault; base_url?: ProviderFault } {
  const address = draft.base_url.trim();
  return {
    name: draft.name.trim() === '' ? 'required' : undefined,
    base_url: PLACEHOLDER.test(address) ? 'placeholder' : isAddress(address) ? undefined : 'address'
  };
}

function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s/]+/.test(text) && URL.canParse(text);
}

/** What is sent. Servers without a catalogue's entry speak like OpenAI's. */
export function bodyOf(draft: ProviderDraft, known: KnownProvider | undefined): NewModelProvider {
  const credential = draft.credential.trim();
  return {
    name: draft.name.trim(),
    dialect: known?.dialect ?? 'compatible',
    base_url: draft.base_url.trim(),
    ...(credential ? { credential } : {})
  };
}

/** The kinds of models that people can use of a provider, the most likely first. */
export function usableKinds({ dialect }: ModelProvider): UsableKind[] {
  if (['cohere', 'jina', 'tei'].includes(dialect)) return ['rerank'];
  if (dialect === 'compatible') return ['chat', 'rerank', 'transcription'];
  return WITH_TRANSCRIPTION.includes(dialect) ? ['chat', 'transcription'] : ['chat'];
}
