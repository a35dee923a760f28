import { render } from 'svelte/server';
import { expect, it } from 'vitest';
import type { Message, Source, UsableModel } from '$lib/api/types';
import AnswerView from './AnswerView.svelte';

const source: Source = {
  n: 1,
  document_id: 'd',
  chunk_id: 'c',
  title: 'Handbook',
  url: '',
  page: 3,
  heading_path: [],
  snippet: 'Six weeks.',
  score: 1,
  available: true,
  web_source: null,
  filename: 'a.md',
  collection: 'Minutes'
};

function html(part: Partial<Message>, others = {}): string {
  const message: Message = {
    id: 'm',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    conversation_id: 'k',
    role: 'assistant',
    content: '',
    status: 'done',
    sources: [],
    citations: [],
    uncited: [],
    usage: null,
    model: null,
    failed_models: [],
    imported_from: null,
    finish_reason: null,
    left_out: [],
    mentions: null,
    problem: null,
    feedback: null,
    parent_id: null,
    attachments: [],
    versions: ['m'],
    ...part
  };
  const open = () => undefined;
  const props = {
    message,
    expectsSources: true,
    current: null,
    reconnecting: false,
    open,
    askAgain: null,
    show: () => undefined,
    rate: async () => undefined,
    ...others
  };
  return render(AnswerView, { props }).body;
}

it('reads the documents until the sources are known, and then works on the answer', () => {
  expect(html({ status: 'pending' })).toContain('Reading the documents');
  const thinking = html({ status: 'streaming', sources: [source] });
  expect(thinking).not.toContain('Reading the documents');
  expect(thinking).toContain('Working on the answer');
});

it('loads no picture of an answer, and leads to it by a link', () => {
  const shown = html({ content: 'The plan: ![Second floor](https://pictures.example/plan.png)' });
  expect(shown).not.toContain('<img');
  expect(shown).toMatch(/<a[^>]* href="https:\/\/pictures\.example\/plan\.png"[^>]*>.*Second floor/s);
  expect(shown).toContain('The link leads to pictures.example.');
});

it('names the host of a picture that is not loaded', () => {
  const shown = html({ content: '![Second floor](https://pictures.example/plan.png)' });
  expect(shown.replace(/<[^>]*>/g, '')).toContain('Second floor(pictures.example)');
});

it('shows a picture of an own document', () => {
  const path = '/api/v1/documents/0190b1de-0000-7000-8000-00000000000a/content';
  expect(html({ content: `![Second floor](${path})` })).toMatch(
    new RegExp(`<img[^>]* src="${path}"[^>]* alt="Second floor"`)
  );
});

it('shows footnotes below the text, with the way there and back', () => {
  const shown = html({ content: 'Six weeks[^a].\n\n[^a]: Working days, see [1].', sources: [source] });
  const target = /<a[^>]* href="#([^"]+)"[^>]* aria-label="Footnote 1"/.exec(shown)?.[1];
  expect(shown).toMatch(new RegExp(`<li id="${target}"[^>]*>.*Working days, see.*aria-label="Source 1: Handbook`, 's'));
  expect(shown).not.toContain('[^a]');
});

it('says how large a table is', () => {
  expect(html({ content: '| a | b |\n|---|---|\n| 1 | 2 |' })).toContain('aria-label="Table, columns: 2, rows: 1"');
});

it('tells two sources of one page apart by their headings', () => {
  const two = ['3.1 Permission', '3.2 Conditions'].map((heading, at) => ({
    ...source,
    n: at + 1,
    heading_path: ['Handbook', heading],
    snippet: `${heading} Apply early.`
  }));
  const shown = html({ content: 'Yes [1][2].', sources: two });
  expect(shown.match(/class="heading[^"]*">([^<]+)</g)?.map((tag) => tag.replace(/.*>(.+)</, '$1'))).toEqual([
    '3.1 Permission',
    '3.2 Conditions'
  ]);
});

it('shows where and when a page of the web was fetched, and opens it without telling where from', () => {
  const web_source = {
    url: 'https://example.org/s%C3%B6k',
    fetched_at: '2026-11-28T12:00:00Z',
    published: '2026-05-03',
    modified: null
  };
  const shown = html({ content: 'Yes [1].', sources: [{ ...source, web_source }] });
  expect(shown).toContain('example.org/sök');
  expect(shown).toContain('Crawled 28 Nov 2026');
  expect(shown).toContain('Published 3 May 2026');
  expect(shown).toMatch(/<a[^>]* href="https:\/\/example\.org\/s%C3%B6k" target="_blank" rel="noopener noreferrer"/);
});

it('an address that is none of the web is no link', () => {
  const web_source = {
    url: 'javascript:alert(1)',
    fetched_at: '2026-11-28T12:00:00Z',
    published: null,
    modified: null
  };
  expect(html({ content: 'Yes [1].', sources: [{ ...source, web_source }] })).not.toMatch(/href="javascript/);
});

it('offers other models for another answer only if there are any', () => {
  const model = (id: string): UsableModel => ({
    id,
    title: id,
    origin: 'model',
    provider: 'Berget',
    context_tokens: null,
    capabilities: [],
    deprecated_on: null,
    successor: null,
    is_default: false
  });
  const again = (models: UsableModel[]) => html({ content: 'Six weeks.' }, { askAgain: () => undefined, models });
  expect(again([model('one')])).not.toContain('aria-haspopup="menu"');
  expect(again([model('one'), model('other')])).toContain('aria-haspopup="menu"');
});

it('names where an imported answer comes from, and does not miss sources in it', () => {
  const shown = html({ content: 'At nine.', imported_from: 'chatgpt', model: 'gpt-4o' });
  expect(shown.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')).toContain('Imported from ChatGPT · gpt-4o');
  expect(shown).not.toContain('class="nothing');
  expect(html({ content: 'At nine.' })).toContain('class="nothing');
});

const plain = (shown: string): string => shown.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

it('says that an answer was cut off, and offers to continue it', () => {
  const cut: Partial<Message> = { content: 'The chair is elected for', finish_reason: 'length' };
  const shown = plain(html(cut, { goOn: () => undefined }));
  expect(shown).toContain('The answer was cut off at the model’s maximum length. Continue');
  expect(plain(html(cut))).not.toContain('Continue');
  expect(plain(html({ ...cut, finish_reason: 'stop' }))).not.toContain('cut off');
});

it('offers to continue an answer whose server stopped, and to write it again', () => {
  const problem = {
    type: '',
    title: '',
    status: 503,
    detail: '',
    error: 'answer_interrupted',
    request_id: 'r'
  } as Message['problem'];
  const failed: Partial<Message> = { content: 'At', status: 'failed', finish_reason: 'truncated', problem };
  const again = { askAgain: () => undefined };
  const shown = html(failed, { ...again, goOn: () => undefined });
  expect(plain(shown)).toContain('Continue');
  expect(shown).toContain('aria-label="Answer again"');
  expect(plain(html(failed, again))).toContain('Ask again');
});

it('does not say that the model did not answer if it wrote something', () => {
  const problem = {
    type: '',
    title: '',
    status: 503,
    detail: '',
    error: 'model_failed',
    request_id: 'r'
  } as Message['problem'];
  const failed: Partial<Message> = { status: 'failed', problem };
  expect(plain(html(failed))).toContain('The language model did not answer');
  expect(plain(html({ ...failed, content: 'At' }))).toContain('The answer broke off before it was complete');
});

it('says what did not fit into the prompt', () => {
  const shown = plain(html({ content: 'At six.', left_out: ['turns', 'attachments'] }));
  expect(shown).toContain('Left out: earlier messages and parts of the attachments.');
  expect(plain(html({ content: 'At six.' }))).not.toContain('Left out');
});

it('shows the thoughts of a model closed, with the time', () => {
  const thoughts = { text: 'Let me see.', began: 1_000, ended: 13_400 };
  const shown = html({ content: 'At six.', thoughts });
  expect(plain(shown)).toContain('Thought for 12 s');
  expect(shown).toMatch(/<details(?![^>]* open)[^>]*>.*Let me see\./s);
  const thinking = html({ status: 'pending', sources: [source], thoughts: { ...thoughts, ended: null } });
  expect(plain(thinking)).toContain('Thinking…');
  expect(plain(thinking)).not.toContain('Working on the answer');
});

it('marks a sentence without a source, with a legend, unless nothing is cited at all', () => {
  const said: Partial<Message> = { sources: [source], uncited: [{ start: 15, end: 34 }] };
  const shown = html({ ...said, content: 'Six weeks [1]. It is red all over.', citations: [1] });
  expect(shown).toMatch(/<p[^>]*>.*all over\..*role="img"[^>]* aria-label="No source for this sentence"/s);
  expect(plain(shown).match(/No source for this sentence/g)).toHaveLength(1);
  const none = html({ ...said, content: 'It takes weeks. It is red all over.' });
  expect(none).not.toContain('No source for this sentence');
  expect(none).toContain('No passage supports this answer.');
});

it('says which model answered, and why not the one before it', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, cost: null };
  const answered: Partial<Message> = { content: 'At six.', usage, model: 'Model Two' };
  const failed: Message['failed_models'] = [
    { title: 'Model One', reason: 'rate_limited' },
    { title: 'Model Zero', reason: 'circuit_open' }
  ];
  const shown = plain(html({ ...answered, failed_models: failed }));
  expect(shown).toContain(
    'Other models were to answer first: Model One has reached its limit of requests and Model Zero has failed several times and was therefore not asked.'
  );
  expect(plain(html({ ...answered, failed_models: failed.slice(0, 1) }))).toContain(
    'Another model was to answer first: Model One has reached its limit of requests.'
  );
  expect(plain(html(answered))).not.toContain('to answer first');
});
