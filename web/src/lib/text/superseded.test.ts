import { expect, it } from 'vitest';
import type { Message } from '$lib/api/types';
import { withoutRepeated } from './superseded';

const asks = (content: string) => ({ role: 'user', content, status: 'done' }) as Message;
const answers = (content: string, status: Message['status']) => ({ role: 'assistant', content, status }) as Message;
const texts = (messages: Message[]) => withoutRepeated(messages).map(({ content }) => content);

it('a question that is asked again after a failure stands once', () => {
  expect(texts([asks('q'), answers('half', 'failed'), asks('q'), answers('a', 'done')])).toEqual(['q', 'a']);
});

it('a question that is asked again after Stop stands once', () => {
  expect(texts([asks('q'), answers('half', 'stopped'), asks('q'), answers('', 'pending')])).toEqual(['q', '']);
});

it('an answered question that is asked again stands twice', () => {
  expect(texts([asks('q'), answers('a', 'done'), asks('q'), answers('b', 'done')])).toHaveLength(4);
});

it('a failure stays if something else is asked next', () => {
  expect(texts([asks('q'), answers('', 'failed'), asks('other'), answers('a', 'done')])).toHaveLength(4);
});

it('a failure at the end stays', () => {
  expect(texts([asks('q'), answers('', 'failed')])).toHaveLength(2);
});
