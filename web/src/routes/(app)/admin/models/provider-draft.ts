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
  /** Of Azure's dated API; empty for others. */
  api_version: string;
}

export type ProviderFault = 'required' | 'address' | 'placeholder' | 'version';

/** Other ways to ask providers of the catalogue: the same models, another API. */
const VARIANTS = [
  { name: 'openai_responses', of: 'openai', dialect: 'openai_responses', suffix: 'Responses API' },
  { name: 'azure_dated', of: 'azure', dialect: 'azure_dated', suffix: 'api-version' }
] as const;

/** The providers of the catalogue, each followed by the other ways to ask it. */
export function withVariants(known: KnownProvider[]): KnownProvider[] {
  return known.flatMap((provider) => [
    provider,
    ...VARIANTS.filter(({ of }) => of === provider.name).map(({ name, dialect, suffix }) => ({
      ...provider,
      name,
      dialect,
      title: `${provider.title} (${suffix})`,
      base_url: dialect === 'azure_dated' ? provider.base_url.replace(/\/openai\/v1$/, '/openai') : provider.base_url
    }))
  ]);
}

/** The name in the catalogue of a provider, whichever way it is asked. */
export function catalogueName({ name }: KnownProvider): string {
  return VARIANTS.find((variant) => variant.name === name)?.of ?? name;
}

/** What assistants ask, what orders what searches find, and what writes down recordings. */
export type UsableKind = Extract<ProviderModel['kind'], 'chat' | 'rerank' | 'transcription'>;

const WITH_TRANSCRIPTION = ['openai', 'openai_responses', 'azure', 'azure_dated', 'mistral'];

/** What a person still has to fill in of a catalogue's address: `NAME` or `HOST`. */
const PLACEHOLDER = /\b(NAME|HOST)\b/;

/** What most resources take. */
const USUAL_VERSION = '2024-10-21';

export function draftOf(known: KnownProvider | undefined): ProviderDraft {
  if (!known) return { kind: OTHER, name: '', base_url: 'https://', credential: '', api_version: '' };
  const api_version = known.dialect === 'azure_dated' ? USUAL_VERSION : '';
  return { kind: known.name, name: known.title, base_url: known.base_url, credential: '', api_version };
}

export function faultsOf(
  draft: ProviderDraft,
  known?: KnownProvider
): { name?: ProviderFault; base_url?: ProviderFault; api_version?: ProviderFault } {
  const address = draft.base_url.trim();
  return {
    name: draft.name.trim() === '' ? 'required' : undefined,
    base_url: PLACEHOLDER.test(address) ? 'placeholder' : isAddress(address) ? undefined : 'address',
    api_version: isDated(known) && !/^[\w.-]{1,40}$/.test(draft.api_version.trim()) ? 'version' : undefined
  };
}

export function isDated(known: KnownProvider | undefined): boolean {
  return known?.dialect === 'azure_dated';
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
    ...(isDated(known) ? { api_version: draft.api_version.trim() } : {}),
    ...(credential ? { credential } : {})
  };
}

/** The kinds of models that people can use of a provider, the most likely first. */
export function usableKinds({ dialect }: ModelProvider): UsableKind[] {
  if (['cohere', 'jina', 'tei'].includes(dialect)) return ['rerank'];
  if (dialect === 'compatible') return ['chat', 'rerank', 'transcription'];
  return WITH_TRANSCRIPTION.includes(dialect) ? ['chat', 'transcription'] : ['chat'];
}
